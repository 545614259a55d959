// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames from the hub: an event, a refusal or a snapshot to text. Each frame is encoded once,
// whoever gets it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decision.hpp"
#include "core/event.hpp"
#include "core/machine.hpp"
#include "wire/inbound.hpp"

namespace synapse::wire {

enum class Audience {
  everybody,  // Every authenticated socket, the sender's included.
  actor,      // The agent that asked.
  agent,      // Outgoing::to alone.
};

struct Outgoing {
  Audience audience = Audience::everybody;
  // Audience::agent: whom it goes to. Audience::everybody: whom it is about, who gets it whatever
  // its interest.
  AgentName to;
  std::string type;
  std::string text;
  std::string chat_target;  // Of a chat: what decides who is addressed.
};

// A frame to those sockets of a sender that asked for receipts.
struct MailNews {
  AgentName sender;
  MessageId id;  // What it is about, with the recipient; 0: nothing that a later one replaces.
  AgentName agent;
  std::string text;
};

// What a hub knows beside its machine, for a page that shows it.
struct CockpitNews {
  std::string events;            // The newest lines, oldest first: the members of a JSON list.
  std::string counters;          // A JSON object.
  std::string read_only_reason;  // Blank: changes are accepted.
  // When a claim began to wait, by the wall clock; nothing: before this hub started.
  std::function<std::optional<double>(const AgentName&, const TaskId&)> queued_since;
};

// What a page shows, of now or of the past, where the log knows of the last two what it knows.
struct CockpitScene {
  const core::Machine& machine;
  const core::Presence& presence;
  const core::ClaimQueue& queue;
};

// Where the log of a hub begins, if something was before.
struct LogBeginning {
  std::int64_t seq = 0;
  double ts = 0;
};
// What is said of a moment of the past, beside what there was.
struct PastNews {
  std::int64_t seq = 0;  // Of the last event before it.
  double ts = 0;
  std::optional<LogBeginning> begins;
  // Whether the log tells of those who were there, and of what waited.
  enum class Witnesses { not_recorded, recorded } witnesses = Witnesses::recorded;
  std::function<std::optional<double>(const AgentName&, const TaskId&)> queued_since;
};
// A page of what happened.
struct EventsPage {
  std::string events;             // The members of a JSON list.
  std::vector<std::string> next;  // Empty: there are no more.
  std::optional<LogBeginning> begins;
};

class Encoder {
 public:
  explicit Encoder(std::string hub_id) : hub_id_(std::move(hub_id)) {}

  [[nodiscard]] const std::string& hub_id() const { return hub_id_; }
  // That the hub has operators: who is welcomed is told so.
  void let_operators_in() { has_operators_ = true; }

  // The frame that tells of an event, if there is one. `machine` is the state after it.
  [[nodiscard]] std::optional<Outgoing> event(const core::Event& event,
                                              const core::Machine& machine, const AgentName& actor,
                                              double now) const;

  // What it tells the senders of messages.
  [[nodiscard]] std::vector<MailNews> mail_news(const core::Event& event,
                                                const core::Machine& machine, double now) const;

  // The refusal of a request of type `in_reply_to`, as the frame type that answers it.
  [[nodiscard]] std::string refusal(const core::Refusal& refusal, std::string_view in_reply_to,
                                    std::string_view target, double now) const;
  // A frame of a given type with a code and a text: what goes wrong at the door. `in_reply_to` is
  // blank if the frame was never understood.
  [[nodiscard]] std::string error(std::string_view type, const Error& error,
                                  std::string_view target, double now,
                                  std::string_view in_reply_to = {}) const;

  // Why a socket can't have the name that it asked for.
  [[nodiscard]] std::string name_conflict(const core::Refusal& refusal, std::string_view target,
                                          double now, std::string_view in_reply_to) const;

  [[nodiscard]] std::string welcome(std::size_t connected, const core::Presence& presence,
                                    double now) const;
  [[nodiscard]] std::string who(const AgentName& to, std::size_t connected,
                                const core::Machine& machine, double now) const;
  [[nodiscard]] std::string state(const AgentName& to, const core::Machine& machine,
                                  const StateRequest& request, std::size_t max_bytes,
                                  double now) const;
  [[nodiscard]] std::string board(const AgentName& to, const core::Plan& plan, const PageWish& wish,
                                  std::size_t max_bytes, double now) const;
  [[nodiscard]] std::string manifest(const AgentName& to, const core::Cards& cards,
                                     const PageWish& wish, std::size_t max_bytes, double now) const;
  [[nodiscard]] std::string cockpit(const AgentName& to, const core::Machine& machine,
                                    const CockpitNews& news, const PageWish& wish,
                                    std::size_t max_bytes, double now) const;
  // The same of a moment that is over: leases that had run out by then are left out.
  [[nodiscard]] std::string then(const AgentName& to, const CockpitScene& scene,
                                 const PastNews& news, const PageWish& wish, std::size_t max_bytes,
                                 double now) const;
  [[nodiscard]] std::string events(const AgentName& to, const EventsPage& page, double now) const;
  [[nodiscard]] std::string history(const AgentName& to, const core::History& history,
                                    const HistoryRequest& request, std::size_t max_bytes,
                                    double now) const;
  [[nodiscard]] std::string resume(const AgentName& to, const core::History& history,
                                   const ResumeRequest& request, std::size_t max_bytes,
                                   double now) const;
  // Of the mailbox that the request names.
  [[nodiscard]] std::string inbox(const AgentName& to, const core::Machine& machine,
                                  const InboxRequest& request, double now) const;
  [[nodiscard]] std::string sent(const AgentName& to, const core::Machine& machine,
                                 const SentRequest& request, double now) const;
  [[nodiscard]] std::string letters(const AgentName& to, const core::Machine& machine,
                                    const LettersRequest& request, const core::Principal& principal,
                                    double now) const;

 private:
  std::string hub_id_;
  bool has_operators_ = false;
};

}  // namespace synapse::wire
