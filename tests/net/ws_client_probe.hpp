// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of WsClient have in common.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/ws_client.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

namespace synapse::net {

// A client on an I/O context of its own, which runs until the connection has ended; the other side
// plays its script on another thread meanwhile.
struct Probe {
  boost::asio::io_context io;
  WsClientOptions options;
  std::function<void()> on_open = [] {};
  std::function<void(std::string_view)> on_text = [](std::string_view) {};
  std::unique_ptr<WsClient> client;
  std::vector<std::string> texts;
  std::optional<WsEnd> end;
  bool opened = false;

  explicit Probe(const std::string& uri) {
    options.uri = *parse_uri(uri);
    options.connect_timeout = test::patience;
  }

  const WsEnd& run() {
    WsClient::Handlers handlers;
    handlers.on_open = [this] {
      opened = true;
      on_open();
    };
    handlers.on_text = [this](std::string_view text) {
      texts.emplace_back(text);
      on_text(text);
    };
    handlers.on_end = [this](const WsEnd& how) { end = how; };
    client = std::make_unique<WsClient>(io.get_executor(), options, std::move(handlers));
    client->connect();
    io.run();
    REQUIRE(end.has_value());
    INFO(end->why.message);
    return *end;
  }
};

inline std::future<void> play(std::function<void()> script) {
  return std::async(std::launch::async, std::move(script));
}

}  // namespace synapse::net
