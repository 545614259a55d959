// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/cluster_status.hpp"

#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "net/uri.hpp"

namespace synapse::cli {

namespace {

Result<Json> ask_hub_status(net::HttpClient& client, const AgentOptions& settings,
                            const net::Uri& uri) {
  if (!uri.socket.empty()) {
    return fail(ErrorCode::bad_argument,
                "cluster: a hub is asked by its address; give --uri ws://HOST:PORT");
  }
  net::HttpCall call;
  call.uri = uri;
  call.uri.scheme = uri.scheme == net::Uri::Scheme::wss ? net::Uri::Scheme::https
                                                        : net::Uri::Scheme::http;
  call.uri.target = "/cluster/status";
  call.request.method = "GET";
  if (!settings.token.empty()) {
    call.request.headers = {{"Authorization", "Bearer " + settings.token}};
  }
  const Result<net::HttpResponse> response = client.exchange(call);
  if (!response) return response.error();
  if (response->status == 401) {
    return fail(ErrorCode::auth_denied, "the hub refuses the token");
  }
  if (response->status != 200) {
    return fail(ErrorCode::not_found, "the hub is not one of a cluster");
  }
  return wire::parse_json(response->body, "the status");
}

}  // namespace

Result<Json> ask_cluster_status(const AgentOptions& settings) {
  const Result<std::vector<net::Uri>> uris = net::parse_uris(settings.uri);
  if (!uris) return uris.error();
  net::HttpClientOptions options;
  options.tls_ca = settings.tls_ca;
  options.tls_verify = settings.tls_verify == AgentOptions::TlsVerify::verify
                           ? net::TlsVerify::verify
                           : net::TlsVerify::insecure;
  options.timeout = settings.ready_timeout;
  net::HttpClient client(options);
  Result<Json> status = fail(ErrorCode::unreachable, "no hub answers");
  for (const net::Uri& uri : *uris) {
    status = ask_hub_status(client, settings, uri);
    if (status) break;
  }
  return status;
}

}  // namespace synapse::cli
