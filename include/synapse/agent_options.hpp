// SPDX-License-Identifier: AGPL-3.0-or-later
// How an Agent connects, under which name, and what it is sent: see synapse/agent.hpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace synapse {

struct AgentOptions {
  enum class Reconnect { never, always };
  enum class Takeover { refuse, take };  // What to do when another socket holds the name.
  enum class TlsVerify { verify, insecure };
  enum class Chat { all, addressed, none };
  // What the connection is to the agent whose name it has. A name has one `agent`, the process that
  // is the agent, and beside it as many commands, waiters and pages as it likes. An observer has no
  // name: it may ask everything and changes nothing.
  enum class Kind { agent, command, waiter, page, observer };
  enum class Sharing {
    shared,  // Other connections of whoever runs this one may have the name beside it.
    alone,   // Nobody else has the name meanwhile.
  };

  // ws:// or wss://, host, port; a path is kept. The hubs of a cluster are named with commas
  // between them: the agent begins at the first, and goes on at the next where one is not to be
  // reached, is lost, or can't take changes.
  std::string uri = "ws://localhost:8876";
  std::string name;   // 1 to 256 bytes; blank: the hub draws one.
  std::string token;  // Blank: none.
  // That of operators (docs/protocol.md, Operators): `name` is then the person's, the hub makes it
  // operator:NAME/XXXX, and `kind` has to be `page`. Blank: none.
  std::string operator_token;
  Takeover takeover = Takeover::refuse;
  Kind kind = Kind::agent;
  Sharing sharing = Sharing::shared;
  Reconnect reconnect = Reconnect::never;
  std::chrono::milliseconds ready_timeout{5000};  // To the hub's welcome and the name's acceptance.
  std::chrono::milliseconds request_timeout{5000};
  std::chrono::milliseconds heartbeat_interval{20'000};  // At least 5 s.
  // Broadcasts wanted by type; nothing: all of them, as the original's clients get.
  std::optional<std::vector<std::string>> broadcast_types;
  Chat chat = Chat::all;  // Which chat the hub shall send: to narrow is to save work.
  // Whom `addressed` asks about, at most 16 names; none: the agent's own name.
  std::vector<std::string> chat_names;
  // Whether the hub shall tell, by frames of type `receipt`, how far the name's messages have come.
  enum class Receipts { none, wanted } receipts = Receipts::none;
  std::string tls_ca;  // A PEM file of roots; blank: the system's.
  TlsVerify tls_verify = TlsVerify::verify;
  std::size_t inbox_max =
      10'000;  // Frames kept for receive(); the oldest are dropped, and counted.
};

}  // namespace synapse
