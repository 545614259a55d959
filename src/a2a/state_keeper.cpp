// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/state_keeper.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/file.hpp"
#include "base/quiet_thread.hpp"
#include "net/mailbox.hpp"

namespace synapse::a2a {

namespace {

namespace asio = boost::asio;

// A board's limit several times over, since JSON may be written in more bytes than it is kept in.
constexpr std::size_t file_bytes_max = 512UL << 20U;
constexpr std::chrono::seconds retry_pause{5};

}  // namespace

Result<SavedState> load_state(const std::filesystem::path& file) {
  const Result<std::string> text = base::read_whole(file, file_bytes_max);
  if (!text && text.error().code == ErrorCode::not_found) return SavedState();
  if (!text) return text.error();
  Result<SavedState> state = read_state(*text);
  if (state) return state;
  return fail(ErrorCode::corrupt, base::quoted_path(file) +
                                      " can't be used as a state file: " + state.error().message +
                                      "; it is left as it is. Move it away to begin anew");
}

Result<> save_state(const std::filesystem::path& file, const StateDraft& draft) {
  const std::error_code failed = base::replace_file(file, state_text(draft), {});
  if (failed) return base::file_error(file, "can't be written", failed.value());
  return {};
}

class StateKeeper::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, std::filesystem::path file, store::FileLock lock, Snapshot snapshot,
       Tell tell)
      : io_(io),
        file_(std::move(file)),
        lock_(std::move(lock)),
        snapshot_(std::move(snapshot)),
        tell_(std::move(tell)),
        retry_(io) {}

  void start() {
    thread_ = base::quiet_thread([this] { write_all(); });
  }

  void stop() {
    retry_.cancel();
    drafts_.close(fail(ErrorCode::cancelled));
    thread_.join();
    is_stopped_ = true;
    if (!is_dirty_ && !is_writing_) return;
    const Result<> saved = save_state(file_, snapshot_());
    if (!saved) tell_(saved.error().message);
    told_.insert(told_.end(), waiting_.begin(), waiting_.end());
    for (const Saved& told : told_) told(saved);
  }

  void touch() {
    is_dirty_ = true;
    if (is_writing_ || is_scheduled_) return;
    // What changes in the rest of this turn goes into the same write.
    is_scheduled_ = true;
    asio::post(io_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->begin();
    });
  }

  void when_saved(Saved saved) {
    waiting_.push_back(std::move(saved));
    touch();
  }

 private:
  void begin() {
    is_scheduled_ = false;
    if (is_writing_ || is_stopped_ || !is_dirty_) return;
    is_dirty_ = false;
    is_writing_ = true;
    told_ = std::exchange(waiting_, {});
    drafts_.put(snapshot_());
  }

  // On a thread of its own.
  void write_all() {
    while (const std::optional<StateDraft> draft = drafts_.take()) {
      asio::post(io_, [weak = weak_from_this(), saved = save_state(file_, *draft)] {
        if (const auto self = weak.lock()) self->written(saved);
      });
    }
  }

  void written(const Result<>& saved) {
    if (is_stopped_) return;
    is_writing_ = false;
    if (!saved) is_dirty_ = true;
    // Once, not at every try.
    if (std::exchange(is_failing_, !saved) != !saved) {
      tell_(saved ? base::quoted_path(file_) + " can be written again"
                  : saved.error().message + "; tried again every " +
                        std::to_string(retry_pause.count()) + " s");
    }
    for (const Saved& told : std::exchange(told_, {})) told(saved);
    if (!saved && waiting_.empty()) return retry_later();
    if (is_dirty_) touch();
  }

  void retry_later() {
    retry_.expires_after(retry_pause);
    retry_.async_wait([weak = weak_from_this()](boost::system::error_code code) {
      const auto self = weak.lock();
      if (!code && self) self->touch();
    });
  }

  asio::io_context& io_;
  const std::filesystem::path file_;
  const store::FileLock lock_;
  const Snapshot snapshot_;
  const Tell tell_;
  bool is_dirty_ = false;
  bool is_scheduled_ = false;
  bool is_writing_ = false;
  bool is_stopped_ = false;
  bool is_failing_ = false;
  std::vector<Saved> told_;     // By the write under way.
  std::vector<Saved> waiting_;  // For the next one.
  asio::steady_timer retry_;
  net::Mailbox<StateDraft> drafts_{2};
  std::thread thread_;
};

StateKeeper::StateKeeper(asio::io_context& io, std::filesystem::path file, store::FileLock lock,
                         Snapshot snapshot, Tell tell)
    : impl_(std::make_shared<Impl>(io, std::move(file), std::move(lock), std::move(snapshot),
                                   std::move(tell))) {
  impl_->start();
}

StateKeeper::~StateKeeper() { impl_->stop(); }

void StateKeeper::touch() { impl_->touch(); }
void StateKeeper::when_saved(Saved saved) { impl_->when_saved(std::move(saved)); }

}  // namespace synapse::a2a
