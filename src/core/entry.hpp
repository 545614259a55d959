// SPDX-License-Identifier: AGPL-3.0-or-later
// What the machine is told: one thing that reached a hub, and when. The entries of a log, executed
// in their order, are all that a machine's state depends on, its time included.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/event.hpp"

namespace synapse::core {

class Machine;

// The person or account that runs a client, as far as the hub can know it.
struct Principal {
  std::string machine;                // Of the other end: its address, or one word for this one.
  std::optional<std::uint32_t> user;  // Its login on that machine.
  std::string holder;                 // Whose token it showed; blank: the hub's one, or none.

  auto operator<=>(const Principal&) const = default;
};
// Where one of them has no user, they are the same when they showed the same token of their own;
// and if neither has one, when they come from the same machine, for both knew the hub's token.
[[nodiscard]] bool is_same(const Principal& a, const Principal& b);

// What a socket is to the agent whose name it has.
enum class SeatKind { agent, command, waiter, page };
[[nodiscard]] std::string_view word(SeatKind kind);
[[nodiscard]] std::optional<SeatKind> seat_kind(std::string_view text);

// An operator attaches too; its hub has seen the operators' token.
enum class Seating { alone, attached, operating };

// A socket's wish for a name. Blank: one is drawn.
struct SeatWish {
  AgentName name;
  Seating seating = Seating::alone;
  SeatKind kind = SeatKind::agent;
  bool takes_over = false;
  bool is_exclusive = false;    // Nobody else is to attach.
  bool hears_receipts = false;  // It is told what becomes of the messages of its name.
  std::string instance;         // Of the process; blank: unknown.
  Principal principal;
};

// A request as it is when it is sent again. A blank key: it won't be.
struct RequestKey {
  std::string type;
  std::string key;
  std::string digest;
};

struct Tick {};  // Time has passed: what is due happens.
struct Bind {
  SeatWish wish;
};
struct Speak {};  // Something that changes nothing, but shows that the agent is there.
struct Act {
  Command command;
  RequestKey request;
};
enum class Parting { closed, lost };  // Said by the client; or it only fell silent.
struct Leave {
  Parting how = Parting::lost;
};

// A message was written to sockets of these agents that did not attach.
struct Delivered {
  MessageId id;
  std::vector<AgentName> agents;
};

struct Entry {
  SessionId session;
  Moment now;
  std::variant<Tick, Bind, Speak, Act, Leave, Delivered> what;
  // For the hub that proposed it: which of its requests this is. 0: none. Decides nothing.
  std::uint64_t ticket = 0;
};

// What comes of an entry.
struct Outcome {
  std::vector<Event> events;  // In their order, applied.
  std::optional<Refusal> refusal;
  std::optional<std::string> again;  // What the same request was answered before.
  std::vector<SessionId> evicted;    // Sockets whose name went to another.
  // By index: events that answer what another socket, or the same one, asked earlier.
  std::map<std::size_t, SessionId> late_answers;
  // Indices of the events whose text the scribe was asked for, in the order of the asking.
  std::vector<std::size_t> written;
  std::size_t effort = 0;  // What it cost, in steps.
};

// What a sender that has left finds in its own mailbox.
struct MailNotice {
  enum class What { dropped, does_not_read };

  What what = What::dropped;
  AgentName to;
  AgentName agent;             // Whom the sender's messages were for.
  std::vector<MessageId> ids;  // Of what was dropped.
  std::size_t dropped = 0;     // Of one that does not read: how many lately.
};

// How an answer reads on the wire: the machine keeps the answers to requests that may be sent
// again, and writes chats of its own. Everywhere the same for the same event.
class Scribe {
 public:
  virtual ~Scribe() = default;
  [[nodiscard]] virtual std::string write(const Event& event, const Machine& machine,
                                          const AgentName& actor, Moment now) = 0;
  // The body of a chat of the hub itself.
  [[nodiscard]] virtual std::string notice(const MailNotice& notice) const = 0;
  // The body of a chat that is said again, to this agent alone.
  [[nodiscard]] virtual std::string readdressed(std::string_view body, const AgentName& target,
                                                MessageId retry_of) const = 0;
};

}  // namespace synapse::core
