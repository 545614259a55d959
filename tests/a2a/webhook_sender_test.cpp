// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_sender.hpp"

#include <map>
#include <mutex>

#include "a2a/webhook_address.hpp"
#include "a2a/webhook_receiver.hpp"
#include "net/http_server.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/result_text.hpp"
#include "support/throwaway_certificate.hpp"

using namespace synapse;
using namespace synapse::a2a;
using namespace synapse::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;

namespace {

// Names as the test has them. A name's answers are given in turn, the last one for ever.
class Names {
 public:
  void set(const std::string& host, std::vector<std::vector<std::string>> answers) {
    const std::lock_guard lock(mutex_);
    answers_[host] = std::move(answers);
  }
  [[nodiscard]] int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }
  Result<WebhookWorld::Addresses> resolve(const std::string& host) {
    const std::lock_guard lock(mutex_);
    const int turn = asked_[host]++;
    const auto& answers = answers_[host];
    if (answers.empty()) return fail(ErrorCode::unreachable, "no such name");
    WebhookWorld::Addresses addresses;
    const auto at = std::min<std::size_t>(static_cast<std::size_t>(turn), answers.size() - 1);
    for (const std::string& text : answers[at]) {
      addresses.push_back(boost::asio::ip::make_address(text));
    }
    return addresses;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::vector<std::string>>> answers_;
  std::map<std::string, int> asked_;
};

// The rule, but for this machine's 127.0.0.1, where the test's receivers are.
std::string_view rule_with_a_hole(const boost::asio::ip::address& address) {
  if (address == boost::asio::ip::make_address("127.0.0.1")) return {};
  return refused_class(address);
}

struct SenderDesk {
  explicit SenderDesk(std::function<void(WebhookOptions&)> change = {})
      : sender(io, options(change)) {}

  void send(const std::string& url, const std::string& body = "{}") {
    Webhook webhook;
    webhook.url = url;
    webhook.authorization = "Bearer secret";
    webhook.token = "t0ken";
    webhook.body = std::make_shared<const std::string>(body);
    sender.send(std::move(webhook));
  }
  template <class Condition>
  bool runs_until(Condition condition) {
    const Deadline deadline(patience);
    while (!condition()) {
      if (deadline.passed()) return false;
      io.restart();
      io.run_for(milliseconds(5));
    }
    return true;
  }
  bool is_quiet() {
    return runs_until([this] { return sender.counts().waiting == 0; });
  }

  WebhookOptions options(const std::function<void(WebhookOptions&)>& change) {
    WebhookOptions made;
    made.world = {[this](const std::string& host, milliseconds, const std::atomic<bool>&) {
                    return names.resolve(host);
                  },
                  rule_with_a_hole};
    made.pauses = {milliseconds(1), milliseconds(1)};
    made.tell = [this](const std::string& line) { told.push_back(line); };
    if (change) change(made);
    return made;
  }

  Names names;
  std::vector<std::string> told;
  boost::asio::io_context io;
  WebhookSender sender;
};

std::string url_of(const WebhookReceiver& receiver, const std::string& path,
                   const std::string& host = "hooks.example.com") {
  return "http://" + host + ":" + std::to_string(receiver.port()) + path;
}

}  // namespace

TEST_CASE("a webhook goes to the address that its name has", "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  WebhookReceiver receiver;
  desk.send(url_of(receiver, "/a?b=c"), R"({"task":1})");
  REQUIRE(desk.is_quiet());
  const ReceivedHook hook = receiver.next();
  CHECK(hook.head.starts_with("POST /a?b=c HTTP/1.1\r\n"));
  CHECK(hook.body == R"({"task":1})");
  CHECK(hook.header("Host") == "hooks.example.com:" + std::to_string(receiver.port()));
  CHECK(hook.header("Content-Type") == "application/a2a+json");
  CHECK(hook.header("Authorization") == "Bearer secret");
  CHECK(hook.header("X-A2A-Notification-Token") == "t0ken");
  CHECK(desk.sender.counts().delivered == 1);
}

TEST_CASE("a name with one address that is refused gets nothing", "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1", "10.0.0.7"}});
  WebhookReceiver receiver;
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.requests() == 0);
  CHECK(desk.sender.counts().given_up == 1);
  REQUIRE(desk.told.size() == 1);
  CHECK_THAT(desk.told[0], Contains("10.0.0.7") && Contains("private"));
  // Never tried again: it is no passing failure.
  CHECK(desk.names.asked("hooks.example.com") == 1);
}

TEST_CASE("by the real rule nothing reaches this machine, whatever a name says", "[a2a][webhook]") {
  const auto* address =
      GENERATE("127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "192.168.0.1", "169.254.169.254",
               "fe80::1", "fd00::1", "ff02::1", "100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::");
  SenderDesk desk([](WebhookOptions& options) { options.world.judge = refused_class; });
  desk.names.set("hooks.example.com", {{address}});
  WebhookReceiver receiver;
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.requests() == 0);
  CHECK(desk.sender.counts().given_up == 1);
}

TEST_CASE("a name that answers otherwise the next time gains nothing", "[a2a][webhook]") {
  WebhookReceiver receiver(
      [](const ReceivedHook&) { return WebhookReceiver::status("500 Internal Server Error"); });
  SenderDesk desk;
  // First an address that may be used, then, for the second try, one that may not.
  desk.names.set("hooks.example.com", {{"127.0.0.1"}, {"169.254.169.254"}});
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  // One look-up a try: between the judgement and the connection nobody is asked again.
  CHECK(receiver.requests() == 1);
  CHECK(desk.names.asked("hooks.example.com") == 2);
  REQUIRE_FALSE(desk.told.empty());
  CHECK_THAT(desk.told.back(), Contains("metadata"));
}

TEST_CASE("a redirect is judged like the first URL", "[a2a][webhook]") {
  const auto* location =
      GENERATE("http://127.0.0.2/", "http://localhost/", "http://169.254.169.254/latest/meta-data",
               "http://[::1]/", "http://inner.example.com/", "ftp://hooks.example.com/",
               "http://me:pw@hooks.example.com/", "//10.0.0.1/x", "");
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  desk.names.set("inner.example.com", {{"10.1.1.1"}});
  WebhookReceiver receiver([location](const ReceivedHook&) {
    return WebhookReceiver::status("307 Temporary Redirect",
                                   "Location: " + std::string(location) + "\r\n");
  });
  INFO(location);
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.requests() == 1);
  CHECK(desk.sender.counts().given_up == 1);
}

TEST_CASE("a redirect that may be followed is, and secrets stay with their origin",
          "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  desk.names.set("other.example.com", {{"127.0.0.1"}});
  WebhookReceiver other;
  WebhookReceiver receiver([&other](const ReceivedHook& hook) {
    const std::string to = hook.path() == "/a/b" ? "c" : url_of(other, "/end", "other.example.com");
    return WebhookReceiver::status("308 Permanent Redirect", "Location: " + to + "\r\n");
  });
  desk.send(url_of(receiver, "/a/b"), "{\"x\":1}");
  REQUIRE(desk.is_quiet());
  CHECK(receiver.next().path() == "/a/b");
  const ReceivedHook second = receiver.next();
  CHECK(second.path() == "/a/c");
  CHECK(second.header("Authorization") == "Bearer secret");
  const ReceivedHook last = other.next();
  CHECK(last.path() == "/end");
  CHECK(last.body == "{\"x\":1}");
  CHECK(last.header("Authorization").empty());
  CHECK(last.header("X-A2A-Notification-Token").empty());
  CHECK(desk.sender.counts().delivered == 1);
}

TEST_CASE("a redirect from https to http is not followed", "[a2a][webhook]") {
  const ThrowawayCertificate certificate("DNS:hooks.example.com");
  SenderDesk desk(
      [&](WebhookOptions& options) { options.tls_ca = certificate.certificate_file(); });
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  WebhookReceiver plain;
  net::HttpServerOptions options;
  options.tls_cert = certificate.certificate_file();
  options.tls_key = certificate.key_file();
  int asked = 0;
  net::HttpServer secure(
      desk.io, options, [&](const net::HttpRequest&, const std::shared_ptr<net::HttpReply>& reply) {
        ++asked;
        reply->respond({308, "", "", {{"Location", url_of(plain, "/next")}}});
      });
  REQUIRE(secure.start().has_value());
  desk.send("https://hooks.example.com:" + std::to_string(secure.port()) + "/");
  REQUIRE(desk.is_quiet());
  CHECK(asked == 1);
  CHECK(plain.requests() == 0);
  CHECK(desk.sender.counts().given_up == 1);
  REQUIRE(desk.told.size() == 1);
  CHECK_THAT(desk.told.front(), Contains("from https to http"));
}

TEST_CASE("a circle of redirects is left", "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  WebhookReceiver receiver([](const ReceivedHook&) {
    return WebhookReceiver::status("302 Found", "Location: /again\r\n");
  });
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.requests() == 4);
  CHECK(desk.sender.counts().given_up == 1);
}

TEST_CASE("what may pass is tried again, what can't is not", "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  std::atomic<int> count = 0;
  WebhookReceiver moody([&count](const ReceivedHook&) {
    return WebhookReceiver::status(++count < 3 ? "503 Service Unavailable" : "200 OK");
  });
  desk.send(url_of(moody, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(moody.requests() == 3);
  CHECK(desk.sender.counts().delivered == 1);
  WebhookReceiver firm([](const ReceivedHook&) { return WebhookReceiver::status("410 Gone"); });
  desk.send(url_of(firm, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(firm.requests() == 1);
  WebhookReceiver broken(
      [](const ReceivedHook&) { return WebhookReceiver::status("500 Internal Server Error"); });
  desk.send(url_of(broken, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(broken.requests() == 3);
  CHECK(desk.sender.counts().given_up == 2);
}

TEST_CASE("webhooks of one host arrive in their order", "[a2a][webhook]") {
  SenderDesk desk;
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  std::atomic<int> count = 0;
  WebhookReceiver receiver([&count](const ReceivedHook&) {
    return WebhookReceiver::status(++count == 1 ? "503 Service Unavailable" : "200 OK");
  });
  for (int i = 0; i < 5; ++i) desk.send(url_of(receiver, "/" + std::to_string(i)));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.next().path() == "/0");
  for (int i = 0; i < 5; ++i) CHECK(receiver.next().path() == "/" + std::to_string(i));
}

TEST_CASE("a host that hangs holds nobody else up", "[a2a][webhook]") {
  SenderDesk desk([](WebhookOptions& options) {
    options.threads = 2;
    options.try_patience = std::chrono::minutes(10);
  });
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  WebhookReceiver hanging([](const ReceivedHook&) { return std::string(); });
  WebhookReceiver prompt;
  for (int i = 0; i < 5; ++i) desk.send(url_of(hanging, "/"));
  const ReceivedHook stuck = hanging.next();
  for (int i = 0; i < 5; ++i) desk.send(url_of(prompt, "/"));
  CHECK(desk.runs_until([&desk] { return desk.sender.counts().delivered == 5; }));
  CHECK(hanging.requests() == 1);
  // And the sender ends at once all the same, or this test takes ten minutes.
}

TEST_CASE("one that hangs is given up in time", "[a2a][webhook]") {
  SenderDesk desk([](WebhookOptions& options) {
    options.try_patience = milliseconds(300);
    options.pauses = {};
  });
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  WebhookReceiver hanging([](const ReceivedHook&) { return std::string(); });
  desk.send(url_of(hanging, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(desk.sender.counts().given_up == 1);
  CHECK_THAT(desk.told.at(0), Contains("in time"));
}

TEST_CASE("what waits for a host is bounded", "[a2a][webhook]") {
  SenderDesk desk([](WebhookOptions& options) {
    options.waiting_of_host_max = 3;
    options.waiting_max = 5;
    options.try_patience = std::chrono::minutes(10);
  });
  desk.names.set("hooks.example.com", {{"127.0.0.1"}});
  desk.names.set("more.example.com", {{"127.0.0.1"}});
  WebhookReceiver hanging([](const ReceivedHook&) { return std::string(); });
  for (int i = 0; i < 4; ++i) desk.send(url_of(hanging, "/"));
  CHECK(desk.sender.counts().waiting == 3);
  CHECK(desk.sender.counts().dropped == 1);
  for (int i = 0; i < 3; ++i) desk.send(url_of(hanging, "/", "more.example.com"));
  CHECK(desk.sender.counts().waiting == 5);
  CHECK(desk.sender.counts().dropped == 2);
}

TEST_CASE("the next address is tried when one does not answer", "[a2a][webhook]") {
  SenderDesk desk([](WebhookOptions& options) {
    options.world.judge = [](const boost::asio::ip::address&) { return std::string_view(); };
  });
  WebhookReceiver receiver;
  // Nothing listens on the first.
  desk.names.set("hooks.example.com", {{"127.0.0.2", "127.0.0.1"}});
  desk.send(url_of(receiver, "/"));
  REQUIRE(desk.is_quiet());
  CHECK(receiver.requests() == 1);
  CHECK(desk.sender.counts().delivered == 1);
}

TEST_CASE("a redirect's place is told from where it stands", "[a2a][webhook]") {
  const net::Uri from = net::parse_http_uri("https://h.example.com:8443/a/b?c=/d").value();
  CHECK(redirected(from, "https://x.example.com/y").value() == "https://x.example.com/y");
  CHECK(redirected(from, "//x.example.com/y").value() == "https://x.example.com/y");
  CHECK(redirected(from, "/y#z").value() == "https://h.example.com:8443/y");
  CHECK(redirected(from, "y?u=a:b").value() == "https://h.example.com:8443/a/y?u=a:b");
  CHECK(redirected(from, " ").has_error());
}
