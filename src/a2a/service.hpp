// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge's face to clients: HTTP requests become operations, or problems.
//
// Before anything else is looked at, a request must come under a name of this bridge and from no
// foreign page, and, but for the public card, show the token. A body is looked at last.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "a2a/bridge.hpp"
#include "a2a/routes.hpp"
#include "net/http_server.hpp"

namespace synapse::a2a {

struct ServiceOptions {
  net::HttpServerOptions server;
  std::string token;  // Blank: everybody may.
  std::string
      endpoint_url;  // How clients reach it: its name and its path are the bridge's as well.
};

class Service {
 public:
  // The bridge outlives it.
  Service(boost::asio::io_context& io, ServiceOptions options, Bridge& bridge);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Errors: as HttpServer::start().
  [[nodiscard]] Result<> start() { return server_.start(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  void stop() { server_.stop(); }

 private:
  enum class Version { spoken, other };  // Of a request.

  void serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply);
  [[nodiscard]] std::optional<Problem> check_origin(const net::HttpRequest& request) const;
  void serve_route(const net::HttpRequest& request, const Route& route,
                   std::shared_ptr<net::HttpReply> reply);
  void serve_card(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply);
  void serve_rpc(const Json& body, Version version, std::shared_ptr<net::HttpReply> reply);

  const ServiceOptions options_;
  std::string endpoint_host_;
  std::string endpoint_origin_;
  std::string prefix_;
  bool is_on_loopback_ = true;
  Bridge& bridge_;
  net::HttpServer server_;
};

}  // namespace synapse::a2a
