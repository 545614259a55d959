// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_address.hpp"

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::a2a;
using Catch::Matchers::Contains;

namespace {

std::string_view class_of(const std::string& text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  REQUIRE_FALSE(error);
  return refused_class(address);
}

struct Case {
  const char* address;
  const char* what;
};

}  // namespace

TEST_CASE("every class of address that is not the public internet is refused", "[a2a][webhook]") {
  const auto [address, what] = GENERATE(
      Case{"127.0.0.1", "loopback"}, Case{"127.255.255.254", "loopback"}, Case{"::1", "loopback"},
      Case{"10.0.0.1", "private"}, Case{"172.16.0.1", "private"}, Case{"172.31.255.255", "private"},
      Case{"192.168.1.1", "private"}, Case{"169.254.1.1", "link-local"},
      Case{"fe80::1", "link-local"}, Case{"febf::1", "link-local"}, Case{"fc00::1", "unique-local"},
      Case{"fdff::1", "unique-local"}, Case{"fec0::1", "site-local"},
      Case{"224.0.0.1", "multicast"}, Case{"239.255.255.255", "multicast"},
      Case{"ff02::1", "multicast"}, Case{"0.0.0.0", "unspecified"}, Case{"0.1.2.3", "unspecified"},
      Case{"::", "unspecified"}, Case{"169.254.169.254", "metadata"},
      Case{"169.254.170.2", "metadata"}, Case{"100.100.100.200", "metadata"},
      Case{"168.63.129.16", "metadata"}, Case{"192.0.0.192", "metadata"},
      Case{"fd00:ec2::254", "metadata"}, Case{"fd00:ec2::23", "metadata"},
      Case{"100.64.0.1", "carrier"}, Case{"100.127.255.255", "carrier"},
      Case{"255.255.255.255", "broadcast"}, Case{"240.0.0.1", "reserved"},
      Case{"192.0.0.8", "reserved"}, Case{"100::1", "reserved"}, Case{"4000::1", "reserved"},
      Case{"192.88.99.1", "reserved"}, Case{"192.0.2.1", "documentation"},
      Case{"198.51.100.1", "documentation"}, Case{"203.0.113.1", "documentation"},
      Case{"2001:db8::1", "documentation"}, Case{"3fff::1", "documentation"},
      Case{"198.18.0.1", "benchmarks"}, Case{"198.19.255.255", "benchmarks"},
      Case{"2001::1", "tunnelled"});
  INFO(address);
  CHECK_THAT(std::string(class_of(address)), Contains(what));
}

TEST_CASE("an IPv4 address inside of an IPv6 one is judged as itself", "[a2a][webhook]") {
  const auto [address, what] =
      GENERATE(Case{"::ffff:127.0.0.1", "loopback"}, Case{"::ffff:169.254.169.254", "metadata"},
               Case{"::ffff:10.0.0.1", "private"}, Case{"::127.0.0.1", "loopback"},
               Case{"::192.168.0.1", "private"}, Case{"::ffff:0:10.0.0.1", "private"},
               Case{"::ffff:8.8.8.8", "disguise"}, Case{"64:ff9b::127.0.0.1", "loopback"},
               Case{"64:ff9b::a9fe:a9fe", "metadata"}, Case{"64:ff9b:1::8.8.8.8", "translated"},
               Case{"2002:7f00:1::", "loopback"}, Case{"2002:a9fe:a9fe::1", "metadata"},
               Case{"2002:c0a8:1::1", "private"});
  INFO(address);
  CHECK_THAT(std::string(class_of(address)), Contains(what));
}

TEST_CASE("public addresses are let through", "[a2a][webhook]") {
  const auto* address = GENERATE(
      "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
      "169.253.1.1", "192.167.1.1", "192.0.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255",
      "2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:4860::8888");
  INFO(address);
  CHECK(class_of(address).empty());
}

TEST_CASE("a webhook's URL is refused by its scheme, its credentials and its host",
          "[a2a][webhook]") {
  const auto [url, what] = GENERATE(
      Case{"ftp://hooks.example.com/", "http://"}, Case{"file:///etc/passwd", "http://"},
      Case{"hooks.example.com", "http://"}, Case{"https://me:pw@hooks.example.com/", "user"},
      Case{"https://me@hooks.example.com/", "user"}, Case{"http:///x", "host"},
      Case{"http://hooks.example.com/#x", "fragment"}, Case{"http://localhost/", "this machine"},
      Case{"http://LOCALHOST:80/", "this machine"}, Case{"http://localhost./", "this machine"},
      Case{"http://a.localhost/", "this machine"}, Case{"http://printer.local/", "this machine"},
      Case{"http://metadata.google.internal/", "this machine"},
      Case{"http://metadata/", "this machine"}, Case{"http://127.0.0.1/", "loopback"},
      Case{"http://[::1]:80/", "loopback"}, Case{"http://[::ffff:127.0.0.1]/", "loopback"},
      Case{"http://10.1.2.3/", "private"}, Case{"http://169.254.169.254/latest", "metadata"},
      Case{"http://2130706433/", "another notation"}, Case{"http://127.1/", "another notation"},
      Case{"http://0x7f000001/", "another notation"},
      Case{"http://0177.0.0.1/", "another notation"},
      Case{"http://0x7f.0.0.0x1/", "another notation"},
      Case{"http://127.0.0.1./", "another notation"});
  INFO(url);
  const auto checked = check_webhook_url(url);
  REQUIRE(checked.has_error());
  CHECK(checked.error().code == ErrorCode::bad_argument);
  CHECK_THAT(checked.error().message, Contains(what));
}

TEST_CASE("a webhook's URL may name a public host or address", "[a2a][webhook]") {
  CHECK(check_webhook_url("https://hooks.example.com:8443/a?b=c"));
  CHECK(check_webhook_url("http://8.8.8.8/"));
  CHECK(check_webhook_url("http://[2606:4700::1111]/"));
  CHECK(check_webhook_url("https://0x.example.com/"));
}
