// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_peers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <random>
#include <utility>

#include "base/fnv1a.hpp"
#include "net/http_rules.hpp"
#include "net/tls.hpp"

namespace synapse::hub {

namespace {

constexpr const char* snapshot_path = "/cluster/snapshot";
constexpr std::chrono::milliseconds snapshot_patience{60'000};
constexpr std::size_t snapshot_bytes_max = 1UL << 30U;

std::string draw_secret() {
  std::random_device random;
  std::string secret;
  for (int i = 0; i < 8; ++i) {
    std::array<char, 12> part{};
    std::snprintf(part.data(), part.size(), "%08x", random());
    secret += part.data();
  }
  return secret;
}

net::HttpLineOptions peer_line(const std::string& ca) {
  net::HttpLineOptions options;
  options.tls_ca = ca;
  options.tls_verify = net::TlsVerify::verify;
  options.body_bytes_max = snapshot_bytes_max;
  return options;
}

// Of the buses in the store, what the one says that needs most.
cluster::Revision least_covered(const std::vector<std::string>& said) {
  std::optional<cluster::Revision> least;
  for (const std::string& text : said) {
    cluster::Revision revision = 0;
    std::from_chars(text.data(), text.data() + text.size(), revision);
    least = std::min(least.value_or(revision), revision);
  }
  return least.value_or(0);
}

}  // namespace

bool is_for_cluster(const net::HttpRequest& request) {
  return request.target.starts_with("/cluster/");
}

ClusterPeers::ClusterPeers(const boost::asio::any_io_executor& executor, cluster::EtcdLog& etcd,
                           const std::string& bus, const std::string& ca)
    : etcd_(etcd),
      folder_("/synapse/" + bus + "/"),
      covered_name_(std::string(cluster::covered_prefix) + bus),
      line_(executor, peer_line(ca)) {}

void ClusterPeers::begin(Done done) {
  etcd_.keep(covered_name_, "0", [this, done](const Result<std::string>& covered) {
    if (!covered) return done(covered.error());
    etcd_.keep(folder_ + "secret", draw_secret(), [this, done](const Result<std::string>& secret) {
      if (!secret) return done(secret.error());
      secret_ = *secret;
      done({});
    });
  });
}

void ClusterPeers::announce(const std::string& hub, const std::string& url) {
  // It is told again and again, so that one that failed does no harm.
  if (etcd_.is_asking()) return;
  etcd_.put(folder_ + "hubs/" + hub, url, [](const Result<>&) {});
}

void ClusterPeers::fetch(Fetched fetched) {
  etcd_.list(folder_ + "hubs/",
             [this, fetched = std::move(fetched)](const Result<std::vector<std::string>>& hubs) {
               if (!hubs) return fetched(hubs.error());
               to_ask_.assign(hubs->begin(), hubs->end());
               failures_.clear();
               ask_next(fetched);
             });
}

void ClusterPeers::ask_next(Fetched fetched) {
  if (to_ask_.empty()) {
    return fetched(
        fail(ErrorCode::not_found, "no hub of the cluster has a snapshot to give" + failures_));
  }
  const std::string url = std::move(to_ask_.front());
  to_ask_.pop_front();
  const auto failed = [this, fetched, url](const std::string& why) {
    failures_ += "; " + url + ": " + why;
    ask_next(fetched);
  };
  const Result<net::Uri> uri = net::parse_uri(url);
  if (!uri || !uri->socket.empty()) return failed("it is no address");
  const bool is_secure = uri->scheme == net::Uri::Scheme::wss;
  if (!is_secure && !net::is_loopback(uri->host)) {
    return failed("hubs on several machines need TLS (wss://) to hand on a snapshot");
  }
  net::HttpCall call;
  call.uri = *uri;
  call.uri.scheme = is_secure ? net::Uri::Scheme::https : net::Uri::Scheme::http;
  call.uri.target = snapshot_path;
  call.timeout = snapshot_patience;
  call.request.method = "GET";
  call.request.headers = {{"Authorization", "Bearer " + secret_}};
  line_.drop();
  line_.ask(std::move(call), [failed, fetched](Result<net::HttpResponse> response) {
    if (!response) return failed(response.error().message);
    if (response->status != 200) return failed("HTTP status " + std::to_string(response->status));
    const Result<ClusterState> state = read_snapshot(response->body);
    if (!state) return failed(state.error().message);
    ClusterSnapshot snapshot{state->revision, base::fnv1a(response->body), {}};
    snapshot.bytes = std::move(response->body);
    fetched(std::move(snapshot));
  });
}

net::HttpResponse ClusterPeers::answer(const net::HttpRequest& request) const {
  if (request.method != "GET") return net::plain_response(405, "only GET");
  if (secret_.empty() || !net::is_authorized(request, secret_)) {
    return net::plain_response(401, "this is for the hubs of the cluster");
  }
  if (!offered_) return net::plain_response(503, "there is no snapshot yet");
  return {200, "application/octet-stream", offered_->bytes, {}};
}

void ClusterPeers::forget(cluster::Revision covered) {
  if (etcd_.is_asking() || covered <= forgotten_) return;
  forget(covered, cluster::EtcdLog::Freed::later, [](const Result<cluster::Revision>&) {});
}

void ClusterPeers::forget_now(cluster::Revision covered, const Forgotten& done) {
  forget(covered, cluster::EtcdLog::Freed::before_the_answer, done);
}

void ClusterPeers::forget(cluster::Revision covered, cluster::EtcdLog::Freed freed,
                          const Forgotten& done) {
  const auto listed = [this, freed, done](const Result<std::vector<std::string>>& buses) {
    if (!buses) return done(buses.error());
    const cluster::Revision least = least_covered(*buses);
    if (least <= forgotten_) return done(forgotten_);
    etcd_.compact(least, freed, [this, least, done](const Result<>& compacted) {
      // Another hub may have been quicker.
      const bool is_gone =
          compacted || compacted.error().message.find("compacted") != std::string::npos;
      if (!is_gone) return done(compacted.error());
      forgotten_ = least;
      done(least);
    });
  };
  etcd_.put(covered_name_, std::to_string(covered), [this, listed, done](const Result<>& told) {
    if (!told) return done(told.error());
    etcd_.list(std::string(cluster::covered_prefix), listed);
  });
}

}  // namespace synapse::hub
