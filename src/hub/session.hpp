// SPDX-License-Identifier: AGPL-3.0-or-later
// One socket as the hub sees it: what the server calls when it speaks or ends, and what the hub
// knows about it. It decodes on its connection's strand; all else belongs to the hub's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/decision.hpp"
#include "core/entry.hpp"
#include "net/connection.hpp"
#include "net/token_book.hpp"
#include "wire/inbound.hpp"

namespace synapse::hub {

struct Session;
using SharedSession = std::shared_ptr<Session>;

// A message of a socket, decoded, or why it could not be; never null. It passes through several
// hands, and to move its many texts from one to the next would cost more than to decode them.
using Heard = std::unique_ptr<Result<wire::Inbound>>;
[[nodiscard]] Heard hear(std::string_view text);

// What reaches the hub's strand: a socket that opened, spoke, or closed, or to which a message was
// written that the hub wants to know of.
struct Arrival {
  enum class Kind { opened, spoke, closed, wrote } kind;
  SharedSession session;
  Heard heard;  // Of what spoke.
  std::size_t bytes = 0;
  core::Parting how = core::Parting::lost;
  MessageId message = {};  // That was written.
};

class Arrivals {
 public:
  virtual ~Arrivals() = default;
  // Any thread.
  virtual void arrive(Arrival arrival) = 0;
};

// A frame that is on its way through the log, and what has to be said about it then.
struct PendingFrame {
  Heard heard;  // A good one; without its command, once that is in the log.
  Mono arrived{0};
  TaskId task_id;
  std::optional<core::Refusal> refusal;
  bool is_answered_later = false;  // It waits for mail.
  std::uint64_t ticket = 0;        // Of its entry.

  [[nodiscard]] wire::Inbound& inbound() const { return **heard; }
};
// A frame that waits until the one before it has been dealt with.
struct WaitingFrame {
  Heard heard;
  std::size_t bytes = 0;
};

struct Session final : net::ConnectionHandler, std::enable_shared_from_this<Session> {
  // `arrivals` null: nobody reads from the connection; the hub is told by hand.
  explicit Session(std::shared_ptr<net::Connection> its_connection,
                   Arrivals* its_arrivals = nullptr)
      : connection(std::move(its_connection)), arrivals(its_arrivals) {}

  void message(std::string_view text) override;
  void written(net::WrittenMark mark) override;
  void closed(std::uint16_t code) override;

  std::shared_ptr<net::Connection> connection;
  Arrivals* const arrivals;

  SessionId id;  // 0 until the hub has let it in.
  std::string host;
  AgentName name;  // Blank until it is seated, and for an observer.
  bool is_observer = false;
  core::SeatKind kind = core::SeatKind::agent;
  bool is_authenticated = false;
  net::Pass pass;                // What its token is good for; of the door, which outlives it.
  bool is_open = false;          // It gets broadcasts; false once it is being closed.
  bool is_dirty = false;         // Has frames that wait for the flush of this batch.
  std::uint64_t first_turn = 0;  // Broadcasts of earlier turns are not for it.
  Mono bind_deadline{0};         // It must have a name by then.
  std::optional<wire::Interest> interest;
  std::optional<PendingFrame> pending;
  std::vector<WaitingFrame> waiting;  // In their order; only where the log takes its time.
  std::size_t waiting_bytes = 0;

  [[nodiscard]] bool is_bound() const { return is_observer || !name.empty(); }
};

}  // namespace synapse::hub
