// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent's talk with its hub, over as many connections as it takes.
//
// Lives on the agent's I/O thread: its members are called there, but for is_ready(), and every
// callback comes from there. The states of one connection:
//
//   opening -> greeting -> (catching_up ->) ready -> lost: resting -> opening …, or idle for good
//
// In greeting the first frame binds the name, or says that this is an observer, which has none. It
// carries what a hub of the first version doesn't know, for whether it does is known only later;
// such a hub passes over that, and draws an observer a name. An open hub welcomes before it has
// looked at the name, so the welcome means nothing; a who_request goes out with the first frame,
// and its answer is the acceptance: one round trip. Who resumes also learns there where the chat
// stands. After a loss, what was missed is fetched in catching_up, and only then are requests sent
// again: one whose chat is among what was missed has its answer.
//
// Of a cluster's hubs it is at one at a time. Where that one can't be reached, is lost, or can't
// take changes, the channel goes on at the next.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "client/chat_order.hpp"
#include "client/pages.hpp"
#include "client/requests.hpp"
#include "net/alarm.hpp"
#include "net/uri.hpp"
#include "net/ws_client.hpp"

namespace synapse::client {

class Channel {
 public:
  using Done = std::function<void(Result<>)>;
  struct Events {
    std::function<void(const SharedFrame&)> frame;  // Of those that no request took.
    std::function<void(bool is_connected, const Error& why)> connection;  // Losses and returns.
    // Once the hub has accepted it; and what the hub can do.
    std::function<void(const std::string& name, const std::vector<std::string>& features)> named;
    std::function<void(const std::string& suggested)> name_in_use;  // Told before the refusal.
    std::function<void(const Error&)>
        ended;  // No frame will come unless connect() is called again.
  };

  // The options outlive the channel.
  Channel(boost::asio::any_io_executor executor, const AgentOptions& options, Events events);

  void connect(Done done);
  void connect_as(const std::string& name, Done done);
  void stop();
  // `written` is told when the kernel has the frame or never will; not called if this fails.
  [[nodiscard]] Result<> send(Json frame, Done written);
  void request(Json frame, std::chrono::nanoseconds timeout, Requests::Answer answer);
  // From any thread.
  [[nodiscard]] bool is_ready() const { return is_ready_; }

 private:
  enum class State { idle, opening, greeting, catching_up, ready, resting, stopped };
  using Clock = std::chrono::steady_clock;

  void open();
  void aim();
  [[nodiscard]] Clock::duration patience() const;
  // Whether there is another hub to try before this round of them is over; then it is that one's
  // turn.
  [[nodiscard]] bool move_on(const Error& why);
  [[nodiscard]] bool should_ask_elsewhere(const Json& frame);
  void greet();
  void greeted();
  void catch_up();
  void become_ready();

  void receive(std::string_view text);
  void hand_out(const SharedFrame& frame);
  void hand_out_missed(const SharedFrame& chat);
  void ended(const net::WsEnd& end);
  void fall(const Error& why);
  void give_up(const Error& why);
  void rest(const Error& why);
  [[nodiscard]] bool may_wait_for_turn(const Error& why) const;
  void wait_for_turn(const Error& why);
  void disconnect();

  [[nodiscard]] bool is_bound() const;
  [[nodiscard]] bool resumes() const;
  [[nodiscard]] bool has(std::string_view feature) const;
  [[nodiscard]] bool observes() const;
  [[nodiscard]] bool operates() const { return !options_.operator_token.empty(); }
  void learn_features(const Json& frame);
  void refuse(const Json& frame);
  [[nodiscard]] Error explain(const net::WsEnd& end) const;
  void ask(Json frame, Requests::Answer answer);
  void add_request(Json frame, std::chrono::nanoseconds timeout, Requests::Answer answer);
  void ask_pages(const std::shared_ptr<Pages>& pages, Clock::time_point end,
                 Requests::Answer answer);
  void send_request(Requests::Id id);
  void watch_deadlines();
  void beat_later();
  void complete(Json& frame);

  boost::asio::any_io_executor executor_;
  const AgentOptions& options_;
  Events events_;
  State state_ = State::idle;
  std::atomic<bool> is_ready_ = false;  // The same, for other threads.
  std::string name_;
  std::vector<net::Uri> hubs_;
  std::size_t at_ = 0;         // The hub whose turn it is.
  std::size_t tried_ = 0;      // How many had theirs since the last that was good.
  std::size_t read_only_ = 0;  // How many refused changes one after the other.
  Clock::time_point round_end_;
  net::WsClientOptions ws_options_;
  std::unique_ptr<net::WsClient> ws_;
  Done connected_;             // Of the connect() under way.
  bool was_accepted_ = false;  // Since connect().
  int greetings_left_ = 0;
  std::optional<Error> refusal_;  // What the hub said before it closed.
  std::string suggested_name_;    // By the hub that refused.
  std::vector<std::string> features_;
  Clock::time_point turn_end_;         // Until when connect() waits for the name.
  std::optional<Error> refused_turn_;  // Why it has not had it so far.
  std::optional<Error> last_loss_;     // Told of, and not yet followed by a return.

  Requests requests_;
  ChatOrder chat_order_;
  std::string random_prefix_;
  std::uint64_t keys_drawn_ = 0;

  std::minstd_rand jitter_;
  base::Backoff backoff_;
  Clock::time_point ready_since_;
  net::Alarm greeting_alarm_;
  net::Alarm rest_alarm_;
  net::Alarm beat_alarm_;
  net::Alarm deadline_alarm_;
  std::optional<Clock::time_point> deadline_set_;
};

}  // namespace synapse::client
