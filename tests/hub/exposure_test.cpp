// SPDX-License-Identifier: AGPL-3.0-or-later
// Who may reach the hub, and what plain HTTP on its port is answered with.
#include "hub/exposure.hpp"

#include "hub/engine_rig.hpp"
#include "hub/http_pages.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

net::HttpRequest get(const std::string& target) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = target;
  return request;
}

hub::HttpOptions served() {
  hub::HttpOptions options;
  options.serves_metrics = true;
  return options;
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("off loopback a hub needs a token, and metrics need one of their own",
          "[hub][exposure]") {
  struct Row {
    const char* host;
    bool token, metrics, metrics_token, safe;
  };
  for (const Row& row :
       {Row{"localhost", false, true, false, true}, Row{"::1", false, false, false, true},
        Row{"0.0.0.0", false, false, false, false}, Row{"0.0.0.0", false, true, true, false},
        Row{"0.0.0.0", true, false, false, true}, Row{"0.0.0.0", true, true, false, false},
        Row{"hub.example", true, true, true, true}}) {
    INFO(row.host << " token " << row.token << " metrics " << row.metrics << " with token "
                  << row.metrics_token);
    const Result<> checked =
        hub::check_exposure({row.host, row.token, row.metrics, row.metrics_token});
    CHECK(checked.has_value() == row.safe);
    if (!row.safe) {
      CHECK(checked.error().message.find("--insecure-off-loopback") != std::string::npos);
    }
  }
}

TEST_CASE("plain HTTP to anything but a served page is told to upgrade", "[hub][http]") {
  Rig rig;
  for (const char* target : {"/", "/metrics/x", "/healthy", "/chat?x=/metrics", ""}) {
    INFO(target);
    const net::HttpResponse page = hub::http_page(get(target), served(), rig.engine(), 1);
    CHECK(page.status == 426);
    CHECK(header(page, "Upgrade") == "websocket");
  }
  CHECK(hub::http_page(get("/metrics"), {}, rig.engine(), 1).status == 426);
  CHECK(hub::http_page(get("/health"), {}, rig.engine(), 1).status == 426);
  CHECK(hub::http_page(get("/health"), served(), rig.engine(), 1).status == 200);
}

TEST_CASE("pages are read, not written to", "[hub][http]") {
  Rig rig;
  net::HttpRequest request = get("/metrics");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    request.method = method;
    const net::HttpResponse page = hub::http_page(request, served(), rig.engine(), 1);
    CHECK(page.status == 405);
    CHECK(header(page, "Allow") == "GET, HEAD");
  }
  request.method = "HEAD";
  CHECK(hub::http_page(request, served(), rig.engine(), 1).status == 200);
}

TEST_CASE("a metrics token is asked for in the header, and in the query only if that was allowed",
          "[hub][http]") {
  Rig rig;
  hub::HttpOptions options = served();
  options.token = "m3trics";
  const auto status = [&](const std::string& target, const std::string& authorization) {
    net::HttpRequest request = get(target);
    request.headers = {{"Authorization", authorization}};
    return hub::http_page(request, options, rig.engine(), 1).status;
  };
  CHECK(status("/metrics", "Bearer m3trics") == 200);
  CHECK(status("/health", "Bearer m3trics") == 200);
  CHECK(status("/health", "bearer m3trics") == 200);
  for (const char* wrong :
       {"", "Bearer ", "Bearer m3tric", "Bearer m3tricss", "Basic m3trics", "m3trics"}) {
    INFO(wrong);
    CHECK(status("/metrics", wrong) == 401);
    CHECK(status("/health", wrong) == 401);
  }
  CHECK(header(hub::http_page(get("/metrics"), options, rig.engine(), 1), "WWW-Authenticate") ==
        "Bearer");
  CHECK(status("/metrics?token=m3trics", "") == 401);

  options.token_in_query = true;
  CHECK(status("/metrics?token=m3trics", "") == 200);
  CHECK(status("/metrics?x=1&token=m3trics&y", "") == 200);
  CHECK(status("/metrics?token=wrong", "") == 401);
  CHECK(status("/metrics?xtoken=m3trics", "") == 401);
  CHECK(status("/metrics?token=", "") == 401);
}

TEST_CASE("health says what the hub is and how it is", "[hub][http]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.commit();
  net::HttpResponse page = hub::http_page(get("/health"), served(), rig.engine(), 2.5);
  CHECK(page.content_type == "application/json");
  Json report = Json::parse(page.body);
  CHECK(report.at("status") == "ok");
  CHECK(report.at("hub_id") == "syn-00000001");
  CHECK(report.at("uptime_seconds") == 2.5);
  CHECK(report.at("online_agents") == 1);
  CHECK(report.at("active_claims") == 1);
  CHECK_FALSE(report.contains("read_only"));

  rig.fail_log();
  page = hub::http_page(get("/health"), served(), rig.engine(), 3);
  CHECK(page.status == 503);
  report = Json::parse(page.body);
  CHECK(report.at("status") == "read_only");
  CHECK(report.at("read_only") == true);
  CHECK(report.at("read_only_reason") == "no space left");
}

TEST_CASE("a client that says what it accepts gets all samples, one that doesn't the original's",
          "[hub][http]") {
  Rig rig;
  net::HttpRequest request = get("/metrics");
  const net::HttpResponse classic = hub::http_page(request, served(), rig.engine(), 1);
  CHECK(classic.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(classic.body.find("synapse_messages_total 0\n") != std::string::npos);
  CHECK(classic.body.find("synapse_grants_total") == std::string::npos);
  request.headers = {{"Accept", "*/*"}};
  const net::HttpResponse full = hub::http_page(request, served(), rig.engine(), 1);
  CHECK(full.body.starts_with(classic.body));
  CHECK(full.body.find("synapse_grants_total 0\n") != std::string::npos);
}

}  // namespace synapse::test
