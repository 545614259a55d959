// SPDX-License-Identifier: AGPL-3.0-or-later
// One WebSocket connection of a server, from both sides: what its owner may do with it, and what it
// tells its owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/frame.hpp"
#include "net/peer.hpp"

namespace synapse::net {

// Which thread writes what is queued. at_once: the thread that asks, unless another is at it;
// queued: the connection's own strand, later, so that what comes meanwhile leaves in the same
// write.
enum class Flush { at_once, queued };

// One upgraded connection, as its owner sees it. All members may be called from any thread.
class Connection {
 public:
  virtual ~Connection() = default;

  // Queues a frame. True: call flush() once the batch is complete. A socket too slow for its outbox
  // is closed with 1013, here and now.
  [[nodiscard]] virtual bool send(const SharedFrame& frame, WrittenMark mark) = 0;
  [[nodiscard]] bool send(const SharedFrame& frame) { return send(frame, unmarked); }
  virtual void flush(Flush when) = 0;
  // Sends what is queued, then a close frame, then ends: within close_timeout, whatever the peer
  // does.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Its owner knows the peer: messages may have their full size from now on.
  virtual void admit() = 0;
  // That many messages have been dealt with: reading pauses while too many, or too large ones, have
  // not.
  virtual void credit(std::size_t messages) = 0;
  [[nodiscard]] virtual const Peer& peer() const = 0;
};

// The owner's side of one connection: called on its strand, closed() last and once.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  virtual void message(std::string_view text) = 0;
  // The whole of a frame that was sent with this mark has been written to the socket: it left this
  // program, and nothing is known of the peer.
  virtual void written(WrittenMark mark) = 0;
  // `code` is the one that the peer closed with; 1006 if it went without a word.
  virtual void closed(std::uint16_t code) = 0;
};

}  // namespace synapse::net
