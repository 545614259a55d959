// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse top` lives on: a connection that observes, hears that something has happened
// (`activity`), and asks for a snapshot then: once a second at most, and never for more than a
// twentieth of the hub's time.
//
// Belongs to the thread that draws; the agent's own thread only leaves things to be taken.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/bell.hpp"
#include "base/clock.hpp"
#include "cli/top/bus.hpp"
#include "cli/top/screen.hpp"
#include "net/mailbox.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

class BusFeed {
 public:
  // How an observer must connect for it.
  [[nodiscard]] static AgentOptions options_for(AgentOptions observer);

  explicit BusFeed(const AgentOptions& options);
  BusFeed(const BusFeed&) = delete;
  BusFeed& operator=(const BusFeed&) = delete;

  [[nodiscard]] Agent& agent() { return agent_; }
  // Readable when look() has something to take.
  [[nodiscard]] int descriptor() const { return bell_.descriptor(); }
  // Takes what has come, and asks anew if it is time to. What the hub says to an operator is told
  // to `desk`, where there is one.
  void look(base::Moment now, OperatorDesk* desk = nullptr);
  // When look() wants to be called again; nothing: when there is news.
  [[nodiscard]] std::optional<base::Mono> next_look() const;

  [[nodiscard]] const Bus& bus() const { return bus_; }
  [[nodiscard]] TopLink link(base::Moment now) const;
  // The hub's clock.
  [[nodiscard]] double hub_time(base::Moment now) const { return now.wall + hub_ahead_; }

 private:
  struct News {
    enum class Kind { lost, back, answered, told } kind;
    std::string why;
    std::optional<Result<Reply>> answer;
    Json frame = {};  // What was told.
  };
  void tell(News news);
  void take(const News& news, base::Moment now, OperatorDesk* desk);
  void ask(base::Moment now);
  void take_answer(const Result<Reply>& answer, base::Moment now);

  const std::string uri_;
  base::Bell bell_;
  net::Mailbox<News> news_;
  std::atomic<bool> has_happened_ = true;

  Bus bus_;
  bool has_bus_ = false;
  double hub_ahead_ = 0;
  bool is_stale_ = true;
  std::optional<std::string> gone_;
  std::optional<std::string> refused_;
  std::optional<base::Mono> asked_at_;
  base::Mono may_ask_at_{0};
  Agent agent_;  // Ends first.
};

}  // namespace synapse::cli
