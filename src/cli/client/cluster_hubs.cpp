// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/cluster_hubs.hpp"

#include <ostream>

#include "base/strings.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "net/uri.hpp"

namespace synapse::cli {

namespace {

Result<Json> read_cluster_answer(const net::HttpResponse& response) {
  if (response.status == 200) return wire::parse_json(response.body, "the hub's answer");
  if (response.status == 401) return fail(ErrorCode::auth_denied, "the hub refuses the token");
  const std::string why = "the hub refuses: " + std::string(base::trim(response.body));
  if (response.status == 400 || response.status == 403 || response.status == 409) {
    return fail(ErrorCode::cancelled, why);
  }
  // Another may be one of the bus.
  if (response.status == 503) return fail(ErrorCode::unreachable, why);
  return fail(ErrorCode::not_found, "the hub is not one of a cluster");
}

Result<Json> ask_hub_of_cluster(net::HttpClient& client, const AgentOptions& settings,
                                net::HttpCall call, const net::Uri& uri) {
  if (!uri.socket.empty()) {
    return fail(ErrorCode::bad_argument,
                "cluster: a hub is asked by its address; give --uri ws://HOST:PORT");
  }
  const std::string target = call.uri.target;
  call.uri = uri;
  call.uri.scheme =
      uri.scheme == net::Uri::Scheme::wss ? net::Uri::Scheme::https : net::Uri::Scheme::http;
  call.uri.target = target;
  if (!settings.token.empty()) {
    call.request.headers.emplace_back("Authorization", "Bearer " + settings.token);
  }
  const Result<net::HttpResponse> response = client.exchange(call);
  if (!response) return response.error();
  return read_cluster_answer(*response);
}

Result<Json> ask_cluster(const AgentOptions& settings, const net::HttpCall& call) {
  const Result<std::vector<net::Uri>> uris = net::parse_uris(settings.uri);
  if (!uris) return uris.error();
  net::HttpClientOptions options;
  options.tls_ca = settings.tls_ca;
  options.tls_verify = settings.tls_verify == AgentOptions::TlsVerify::verify
                           ? net::TlsVerify::verify
                           : net::TlsVerify::insecure;
  options.timeout = call.timeout.value_or(settings.ready_timeout);
  net::HttpClient client(options);
  Result<Json> answer = fail(ErrorCode::unreachable, "no hub answers");
  for (const net::Uri& uri : *uris) {
    answer = ask_hub_of_cluster(client, settings, call, uri);
    // What one of the bus refuses the others would as well.
    if (answer || answer.error().code == ErrorCode::cancelled) break;
  }
  return answer;
}

}  // namespace

Result<Json> ask_cluster_status(const AgentOptions& settings) {
  net::HttpCall call;
  call.uri.target = "/cluster/status";
  call.request.method = "GET";
  return ask_cluster(settings, call);
}

Result<Json> tell_cluster(const AgentOptions& settings, const ClusterRequest& request) {
  net::HttpCall call;
  call.uri.target = request.path;
  call.timeout = request.patience;
  call.request.method = "POST";
  call.request.headers = request.headers;
  return ask_cluster(settings, call);
}

int explain_cluster(Context& context, const Error& why) {
  if (why.code == ErrorCode::bad_argument) return explain_usage(context, why);
  context.err << context.command << ": " << shown(why.message) << '\n';
  return exit_code::failed;
}

}  // namespace synapse::cli
