// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/stdio.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/lines.hpp"
#include "mcp/session.hpp"
#include "net/poll_box.hpp"

namespace synapse::mcp {

namespace {

using Time = std::chrono::steady_clock;

// Past this the client is not reading, and no more is asked in its name.
constexpr std::size_t unread_bytes_max = 1UL << 20U;

struct Finished {
  CallId id;
  Outcome outcome;
};
using News = std::variant<Finished, Resource>;

class StdioServer {
 public:
  StdioServer(Bridge& bridge, const StdioOptions& options)
      : options_(options),
        news_(std::make_shared<net::PollBox<News>>(news_max)),
        lines_(options.line_bytes_max),
        line_(bridge, listener(news_)) {}

  StdioEnd serve() {
    for (;;) {
      take_lines();
      if (is_input_over_ && session_.calls_under_way() == 0 && unread_bytes() == 0) {
        return StdioEnd::input_ended;
      }
      std::array<pollfd, 4> events{{{options_.stop, POLLIN, 0},
                                    {news_->descriptor(), POLLIN, 0},
                                    {wants_input() ? options_.in : -1, POLLIN, 0},
                                    {unread_bytes() == 0 ? -1 : options_.out, POLLOUT, 0}}};
      if (poll(events.data(), events.size(), until_given_up()) < 0 && errno != EINTR) {
        return StdioEnd::client_gone;
      }
      if (events[0].revents != 0) return StdioEnd::stopped;
      if (unread_bytes() > 0 && Time::now() >= give_up_at_) return StdioEnd::client_stuck;
      if (events[1].revents != 0) take_news();
      if (events[2].revents != 0) read_input();
      if (events[3].revents != 0 && !write_some()) return StdioEnd::client_gone;
    }
  }

 private:
  // Each call has one outcome, and a resource is told of again only after the bridge has looked up
  // from its work: far fewer than this wait at any time.
  static constexpr std::size_t news_max = 100'000;

  static Listener listener(const std::shared_ptr<net::PollBox<News>>& news) {
    return {[news](CallId id, Outcome outcome) {
              news->put(Finished{id, std::move(outcome)});
            },
            [news](Resource resource) { news->put(resource); }};
  }

  [[nodiscard]] std::size_t unread_bytes() const { return unread_.size() - unread_from_; }

  [[nodiscard]] bool has_room() const {
    return unread_bytes() < unread_bytes_max && session_.calls_under_way() < Session::calls_max;
  }
  [[nodiscard]] bool wants_input() const { return !is_input_over_ && has_room(); }

  [[nodiscard]] int until_given_up() const {
    if (unread_bytes() == 0) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - Time::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  void take_news() {
    while (std::optional<News> news = news_->take()) {
      const auto* finished = std::get_if<Finished>(&*news);
      carry_out(finished != nullptr ? session_.finish(finished->id, finished->outcome)
                                    : session_.changed(std::get<Resource>(*news)));
    }
  }

  void read_input() {
    std::array<char, 65'536> bytes;
    const ssize_t count = read(options_.in, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      is_input_over_ = true;
    } else {
      lines_.feed({bytes.data(), static_cast<std::size_t>(count)});
    }
  }

  // As many of those that were read as there is room for their answers.
  void take_lines() {
    while (has_room()) {
      std::optional<Lines::Line> line = lines_.next();
      if (!line && is_input_over_) line = lines_.end();
      if (!line) return;
      take_line(*line);
    }
  }

  void take_line(const Lines::Line& line) {
    ++last_text_;
    if (line.is_too_long) {
      return carry_out(session_.refuse_too_long(last_text_, options_.line_bytes_max));
    }
    carry_out(session_.receive(last_text_, line.text));
  }

  void carry_out(Effects effects) {
    for (Output& output : effects.outputs) {
      if (output.text.empty()) continue;
      if (unread_bytes() == 0) give_up_at_ = Time::now() + options_.output_patience;
      unread_ += output.text;
      unread_ += '\n';
    }
    for (Effects::Start& start : effects.calls) line_.perform(start.id, std::move(start.call));
    for (const CallId id : effects.cancelled) line_.cancel(id);
  }

  // A pipe or socket that poll() calls writable takes this much at once, without being put into a
  // mode that others who have it open would see.
  bool write_some() {
    const ssize_t count = write(options_.out, unread_.data() + unread_from_,
                                std::min<std::size_t>(unread_bytes(), PIPE_BUF));
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    unread_from_ += static_cast<std::size_t>(count);
    if (unread_bytes() == 0) {
      unread_.clear();
      unread_from_ = 0;
    }
    give_up_at_ = Time::now() + options_.output_patience;
    return true;
  }

  const StdioOptions options_;
  std::shared_ptr<net::PollBox<News>> news_;  // The bridge's too, until it has seen the line go.
  Lines lines_;
  Session session_;
  TextId last_text_ = 0;
  bool is_input_over_ = false;
  std::string unread_;  // By the client, from unread_from_ on.
  std::size_t unread_from_ = 0;
  Time::time_point give_up_at_;
  Bridge::Line line_;
};

}  // namespace

StdioEnd serve_stdio(Bridge& bridge, const StdioOptions& options) {
  return StdioServer(bridge, options).serve();
}

}  // namespace synapse::mcp
