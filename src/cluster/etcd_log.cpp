// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_log.hpp"

#include <utility>

#include "cluster/etcd_codec.hpp"
#include "net/alarm.hpp"
#include "net/http_line.hpp"

namespace synapse::cluster {

namespace {

constexpr std::chrono::milliseconds put_patience{3'000};
constexpr std::chrono::milliseconds question_patience{3'000};
constexpr std::chrono::milliseconds freeing_patience{30'000};
// Hubs beat every two seconds.
constexpr std::chrono::seconds watch_silence{5};
constexpr std::chrono::milliseconds retry_after{150};

}  // namespace

// Of the endpoints, the one in use.
struct EtcdLine {
  net::HttpLine line;
  std::size_t at = 0;
};

class EtcdLog::Impl {
 public:
  Impl(const boost::asio::any_io_executor& executor, EtcdOptions options)
      : options_(std::move(options)),
        key_("/synapse/" + options_.bus + "/log"),
        puts_{{executor, line_options(options_)}},
        watches_{{executor, line_options(options_)}},
        questions_{{executor, line_options(options_)}},
        silence_(executor),
        retry_(executor) {}

  void append(const std::string& bytes, Added added) {
    const auto answered = [added = std::move(added)](Result<std::string> body) {
      added(body ? Result<>() : Result<>(body.error()));
    };
    ask(puts_, {"/v3/kv/put", etcd::put_body(key_, bytes), put_patience}, answered);
  }

  [[nodiscard]] bool is_asking() const { return questions_.line.is_busy(); }

  void keep(const std::string& name, const std::string& value,
            std::function<void(Result<std::string>)> kept) {
    const auto answered = [kept = std::move(kept)](Result<std::string> body) {
      if (!body) return kept(body.error());
      kept(etcd::read_kept(*body));
    };
    ask(questions_, {"/v3/kv/txn", etcd::keep_body(name, value), question_patience}, answered);
  }

  void list(const std::string& prefix, Values values) {
    const auto answered = [values = std::move(values)](Result<std::string> body) {
      if (!body) return values(body.error());
      values(etcd::read_list(*body));
    };
    ask(questions_, {"/v3/kv/range", etcd::list_body(prefix), question_patience}, answered);
  }

  void tell(const char* path, std::string body, std::chrono::milliseconds patience, Added added) {
    const auto answered = [added = std::move(added)](Result<std::string> said) {
      added(said ? Result<>() : Result<>(said.error()));
    };
    ask(questions_, {path, std::move(body), patience}, answered);
  }

  void look(std::function<void(Result<Head>)> seen) {
    const auto answered = [seen = std::move(seen)](Result<std::string> body) {
      if (!body) return seen(body.error());
      seen(etcd::read_head(*body));
    };
    ask(questions_, {"/v3/kv/range", etcd::range_body(key_), question_patience}, answered);
  }

  void follow(Revision after, Follower follower) {
    stop_following();
    seen_ = after;
    follower_ = std::move(follower);
    watch();
  }

  void stop_following() {
    silence_.cancel();
    retry_.cancel();
    watches_.line.drop();
  }

 private:
  using Answered = std::function<void(Result<std::string>)>;
  struct Question {
    std::string path;
    std::string body;
    std::chrono::milliseconds patience;
  };

  [[nodiscard]] net::HttpCall call(const EtcdLine& at, const Question& question) const {
    net::HttpCall call;
    call.uri = options_.endpoints[at.at];
    call.uri.target = question.path;
    call.timeout = question.patience;
    call.request.method = "POST";
    call.request.headers = {{"Content-Type", "application/json"}};
    if (!token_.empty()) call.request.headers.emplace_back("Authorization", token_);
    call.request.body = question.body;
    return call;
  }

  void move_on(EtcdLine& line) const {
    line.line.drop();
    line.at = (line.at + 1) % options_.endpoints.size();
  }

  // With a token, where etcd wants one; it runs out, and is asked for again then.
  void ask(EtcdLine& line, Question question, Answered answered) {
    if (options_.user.empty() || !token_.empty()) {
      return speak(line, std::move(question), std::move(answered));
    }
    Question login{"/v3/auth/authenticate", etcd::login_body(options_.user, options_.password),
                   question.patience};
    speak(line, std::move(login),
          [this, &line, question = std::move(question),
           answered = std::move(answered)](Result<std::string> body) mutable {
            if (!body) return answered(body.error());
            Result<std::string> token = etcd::read_login(*body);
            if (!token) return answered(token.error());
            token_ = std::move(*token);
            speak(line, std::move(question), std::move(answered));
          });
  }

  void speak(EtcdLine& line, Question question, Answered answered) {
    line.line.ask(call(line, question), [this, &line, answered = std::move(answered)](
                                            Result<net::HttpResponse> response) {
      if (!response) {
        move_on(line);
        return answered(response.error());
      }
      if (response->status == 200) return answered(std::move(response->body));
      const std::string at = options_.endpoints[line.at].authority();
      token_.clear();
      move_on(line);
      answered(fail(ErrorCode::io_error,
                    "etcd at " + at + ": " + etcd::complaint(response->status, response->body)));
    });
  }

  void watch() {
    unread_.clear();
    listen_for_silence();
    if (!options_.user.empty() && token_.empty()) {
      // Any question brings a token.
      if (questions_.line.is_busy()) return watch_again();
      return look([this](const Result<Head>& head) {
        if (!head) return watch_again();
        start_watch();
      });
    }
    start_watch();
  }

  void start_watch() {
    const Question question{"/v3/watch", etcd::watch_body(key_, seen_ + 1), question_patience};
    watches_.line.stream(
        call(watches_, question), [this](std::string_view bytes) { heard(bytes); },
        [this](const Result<net::HttpResponse>& response) {
          if (response && response->status != 200) token_.clear();
          watch_again();
        });
  }

  void listen_for_silence() {
    silence_.set(watch_silence, [this] { watch_again(); });
  }

  void watch_again() {
    silence_.cancel();
    move_on(watches_);
    retry_.set(retry_after, [this] { watch(); });
  }

  void heard(std::string_view bytes) {
    listen_for_silence();
    unread_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = unread_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      if (!take_line(std::string_view(unread_).substr(begin, end - begin))) return;
    }
    unread_.erase(0, begin);
    // A line ends with its values, which are bounded; this is none.
    constexpr std::size_t line_max = 16UL << 20U;
    if (unread_.size() > line_max) watch_again();
  }

  // Whether the watch goes on.
  bool take_line(std::string_view line) {
    if (line.empty()) return true;
    Result<etcd::Watched> watched = etcd::read_watched(line);
    if (!watched) {
      watch_again();
      return false;
    }
    if (watched->compacted && *watched->compacted > seen_) {
      silence_.cancel();
      watches_.line.drop();
      follower_.ended(
          fail(ErrorCode::not_found, "the log in etcd no longer goes back to revision " +
                                         std::to_string(seen_ + 1) + ", only behind " +
                                         std::to_string(*watched->compacted)));
      return false;
    }
    for (etcd::Watched::Value& value : watched->values) {
      if (value.revision <= seen_) continue;
      seen_ = value.revision;
      follower_.arrived(value.revision, std::move(value.bytes));
    }
    return true;
  }

  const EtcdOptions options_;
  const std::string key_;
  EtcdLine puts_;
  EtcdLine watches_;
  EtcdLine questions_;
  net::Alarm silence_;
  net::Alarm retry_;
  std::string token_;
  std::string unread_;
  Revision seen_ = 0;
  Follower follower_;
};

EtcdLog::EtcdLog(boost::asio::any_io_executor executor, EtcdOptions options)
    : impl_(std::make_unique<Impl>(executor, std::move(options))) {}

EtcdLog::~EtcdLog() = default;

void EtcdLog::append(const std::string& bytes, Added added) {
  impl_->append(bytes, std::move(added));
}
void EtcdLog::look(std::function<void(Result<Head>)> seen) { impl_->look(std::move(seen)); }
void EtcdLog::follow(Revision after, Follower follower) {
  impl_->follow(after, std::move(follower));
}

void EtcdLog::stop_following() { impl_->stop_following(); }

bool EtcdLog::is_asking() const { return impl_->is_asking(); }
void EtcdLog::keep(const std::string& name, const std::string& value,
                   std::function<void(Result<std::string>)> kept) {
  impl_->keep(name, value, std::move(kept));
}
void EtcdLog::put(const std::string& name, const std::string& value, Added added) {
  impl_->tell("/v3/kv/put", etcd::put_body(name, value), question_patience, std::move(added));
}
void EtcdLog::list(const std::string& prefix, Values values) {
  impl_->list(prefix, std::move(values));
}
void EtcdLog::compact(Revision revision, Freed freed, Added added) {
  const bool waits = freed == Freed::before_the_answer;
  impl_->tell("/v3/kv/compaction", etcd::compact_body(revision, waits),
              waits ? freeing_patience : question_patience, std::move(added));
}

}  // namespace synapse::cluster
