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
#include "mcp/modern.hpp"
#include "mcp/session.hpp"
#include "net/poll_box.hpp"

namespace synapse::mcp {

namespace {

using Time = std::chrono::steady_clock;

// Past this the client is not reading, and no more is asked in its name.
constexpr std::chrono::milliseconds end_patience{2'000};
constexpr std::size_t unread_bytes_max = 1UL << 20U;

struct Finished {
  CallId id;
  Outcome outcome;
};
using News = std::variant<Finished, Resource>;

class StdioServer {
 public:
  StdioServer(const BridgeOptions& bridge, const base::Clock& clock, const StdioOptions& options)
      : options_(options),
        news_(std::make_shared<net::PollBox<News>>(news_max)),
        lines_(options.line_bytes_max),
        session_(options.own_name),
        bridge_(bridge, clock, listener(news_)) {}

  StdioEnd serve() {
    const StdioEnd end = serve_until_end();
    if (end == StdioEnd::stopped) say_goodbye();
    if (end == StdioEnd::client_gone) give_back_unheard();
    bridge_.end(options_.at_end);
    // A call that still blocks must not hold up the end for long: the bridge's own end cuts it off.
    static_cast<void>(bridge_.is_over_within(end_patience));
    return end;
  }

 private:
  StdioEnd serve_until_end() {
    for (;;) {
      take_lines();
      if (is_input_over_ && calls_under_way() == 0 && unread_bytes() == 0) {
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

  [[nodiscard]] std::size_t calls_under_way() const {
    return session_.calls_under_way() + modern_.calls_under_way();
  }
  [[nodiscard]] bool has_room() const {
    return unread_bytes() < unread_bytes_max && calls_under_way() < Session::calls_max;
  }
  [[nodiscard]] bool wants_input() const { return !is_input_over_ && has_room(); }

  [[nodiscard]] int until_given_up() const {
    if (unread_bytes() == 0) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - Time::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  void take_news() {
    while (std::optional<News> news = news_->take()) {
      if (const auto* finished = std::get_if<Finished>(&*news)) {
        const bool is_modern = finished->id > Modern::first_call;
        carry_out(is_modern ? modern_.finish(finished->id, finished->outcome)
                            : session_.finish(finished->id, finished->outcome));
      } else {
        carry_out(session_.changed(std::get<Resource>(*news)));
        carry_out(modern_.changed(std::get<Resource>(*news)));
      }
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
      return carry_out(Session::refuse(
          last_text_,
          {nullptr, rpc::Code::invalid_request,
           "the message is longer than " + std::to_string(options_.line_bytes_max) + " bytes"}));
    }
    auto parsed = rpc::parse(line.text);
    if (const auto* invalid = std::get_if<rpc::Invalid>(&parsed)) {
      return carry_out(Session::refuse(last_text_, *invalid));
    }
    Json& document = std::get<Json>(parsed);
    if (Modern::is_spoken_in(document)) {
      return carry_out(modern_.receive(last_text_, std::move(document)));
    }
    // It says no revision, and may mean a request of either era.
    if (rpc::member(document, "method") == "notifications/cancelled") {
      const Json& params = rpc::member(document, "params");
      carry_out(modern_.cancel_request(rpc::member(params, "requestId")));
    }
    carry_out(session_.receive(last_text_, std::move(document)));
  }

  void carry_out(Effects effects) {
    for (Output& output : effects.outputs) {
      if (output.text.empty()) continue;
      if (unread_bytes() == 0) give_up_at_ = Time::now() + options_.output_patience;
      unread_ += output.text;
      unread_ += '\n';
      for (const CallId id : output.calls) unheard_.emplace_back(id, unread_.size());
    }
    for (Effects::Start& start : effects.calls) bridge_.perform(start.id, std::move(start.call));
    for (const CallId id : effects.cancelled) bridge_.cancel(id);
    if (effects.attends) bridge_.attend();
  }

  // A pipe or socket that poll() calls writable takes this much at once, without being put into a
  // mode that others who have it open would see.
  bool write_some() {
    const ssize_t count = write(options_.out, unread_.data() + unread_from_,
                                std::min<std::size_t>(unread_bytes(), PIPE_BUF));
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    unread_from_ += static_cast<std::size_t>(count);
    std::erase_if(unheard_, [this](const auto& result) { return result.second <= unread_from_; });
    if (unread_bytes() == 0) {
      unread_.clear();
      unread_from_ = 0;
    }
    give_up_at_ = Time::now() + options_.output_patience;
    return true;
  }

  // What listens is told that no more will come, if it still reads.
  void say_goodbye() {
    carry_out(modern_.close(Modern::Farewell::cancellation_and_result));
    pollfd writable{options_.out, POLLOUT, 0};
    while (unread_bytes() > 0 && poll(&writable, 1, 0) == 1 && write_some()) continue;
  }

  void give_back_unheard() {
    for (const auto& [id, end] : unheard_) bridge_.unheard(id);
  }

  const StdioOptions options_;
  std::shared_ptr<net::PollBox<News>> news_;  // The bridge's too, until it has seen the line go.
  Lines lines_;
  Session session_;
  Modern modern_{Modern::Ids::unique};
  TextId last_text_ = 0;
  bool is_input_over_ = false;
  std::string unread_;  // By the client, from unread_from_ on.
  std::size_t unread_from_ = 0;
  std::vector<std::pair<CallId, std::size_t>> unheard_;  // Results, and where they end in that.
  Time::time_point give_up_at_;
  Bridge bridge_;
};

}  // namespace

StdioEnd serve_stdio(const BridgeOptions& bridge, const base::Clock& clock,
                     const StdioOptions& options) {
  return StdioServer(bridge, clock, options).serve();
}

}  // namespace synapse::mcp
