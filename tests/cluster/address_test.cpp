// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/address.hpp"

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::cluster;

TEST_CASE("a cluster's address names its etcd nodes and its bus", "[cluster]") {
  const Result<Address> address = parse_address("etcd://h1:2379,h2,[::1]:99,[::1]/team-1.x");
  REQUIRE(address.has_value());
  CHECK(address->bus == "team-1.x");
  REQUIRE(address->endpoints.size() == 4);
  CHECK(address->endpoints[0].host == "h1");
  CHECK(address->endpoints[1].port == 2379);
  CHECK(address->endpoints[2].host == "::1");
  CHECK(address->endpoints[2].port == 99);
  CHECK(address->endpoints[3].port == 2379);
  CHECK(address->endpoints[0].scheme == net::Uri::Scheme::http);
  CHECK(parse_address("etcds://h/b")->endpoints[0].scheme == net::Uri::Scheme::https);
  for (const char* bad :
       {"", "h1:2379/b", "http://h/b", "etcd://h", "etcd://h/", "etcd:///b", "etcd://h,,i/b",
        "etcd://h/b/c", "etcd://h/b c", "etcd://u:secret@h/b", "etcd://h:0x/b"}) {
    CAPTURE(bad);
    const Result<Address> refused = parse_address(bad);
    REQUIRE(refused.has_error());
    CHECK(refused.error().message.find("secret") == std::string::npos);
  }
}
