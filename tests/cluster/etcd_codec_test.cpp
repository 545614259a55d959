// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_codec.hpp"

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::cluster::etcd;

TEST_CASE("bytes are base64 and back, whatever they are, and other text is refused",
          "[cluster][etcd]") {
  // RFC 4648, section 10.
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  std::string bytes;
  for (int i = 0; i < 700; ++i) {
    CHECK(from_base64(base64(bytes)).value() == bytes);
    bytes += static_cast<char>(i * 7);
  }
  CHECK(from_base64("Zg=").has_error());
  CHECK(from_base64("Z!==").has_error());
}

TEST_CASE("a watch's line gives its values in order, a compaction and an end", "[cluster][etcd]") {
  const auto line = read_watched(
      R"({"result":{"header":{"cluster_id":"77","revision":"9"},"events":[)"
      R"({"kv":{"key":"aw==","create_revision":"2","mod_revision":"8","value":"b25l"}},)"
      R"({"kv":{"key":"aw==","mod_revision":"9","value":"dHdv"}}]}})");
  REQUIRE(line.has_value());
  CHECK(line->store == "77");
  REQUIRE(line->values.size() == 2);
  CHECK(line->values[0].revision == 8);
  CHECK(line->values[0].bytes == "one");
  CHECK(line->values[1].bytes == "two");
  CHECK_FALSE(line->compacted);
  const auto created = read_watched(R"({"result":{"header":{"cluster_id":"77"},"created":true}})");
  REQUIRE(created.has_value());
  CHECK(created->values.empty());
  const auto compacted =
      read_watched(R"({"result":{"header":{},"canceled":true,"compact_revision":"5"}})");
  REQUIRE(compacted.has_value());
  CHECK(compacted->compacted == 5);
  for (const char* bad :
       {"", "[]", "{}", "nonsense", R"({"error":{"message":"no leader"}})",
        R"({"result":{"canceled":true,"cancel_reason":"x"}})",
        R"({"result":{"events":[{"kv":{"value":"?"}}]}})", R"({"result":{"events":[{}]}})"}) {
    CAPTURE(bad);
    CHECK(read_watched(bad).has_error());
  }
}

TEST_CASE("what the store says of itself is read whole or not at all", "[cluster][etcd]") {
  const auto head = read_head(R"({"header":{"cluster_id":"77","revision":"12"},)"
                              R"("kvs":[{"create_revision":"4","mod_revision":"9"}],"count":"1"})");
  REQUIRE(head.has_value());
  CHECK(head->store == "77");
  CHECK(head->first == 4);
  CHECK(head->last == 9);
  CHECK(head->now == 12);
  CHECK(read_head(R"({"header":{"cluster_id":"77","revision":"1"}})")->last == 0);
  CHECK(read_head("{}").has_error());
  CHECK(read_head(R"({"header":{"revision":"1"}})").has_error());
  CHECK(read_login(R"({"token":"abc"})").value() == "abc");
  CHECK(read_login("{}").has_error());
  CHECK(complaint(503, R"({"error":"e","message":"no leader"})") == "no leader");
  CHECK(complaint(503, "<html>") == "HTTP status 503");
}

TEST_CASE("what hubs keep in the store is read as it was kept, and lists end with their prefix",
          "[cluster][etcd]") {
  CHECK(read_kept(R"({"header":{},"succeeded":true,"responses":[{"response_put":{}},)"
                  R"({"response_range":{"header":{},"kvs":[{"value":"b25l"}]}}]})")
            .value() == "one");
  for (const char* bad : {"{}", R"({"responses":[]})", R"({"responses":[{"response_put":{}}]})",
                          R"({"responses":[{"response_range":{"header":{}}}]})"}) {
    CAPTURE(bad);
    CHECK(read_kept(bad).has_error());
  }
  CHECK(read_list(R"({"header":{}})").value().empty());
  CHECK(read_list(R"({"header":{},"kvs":[{"value":"b25l"},{"value":"dHdv"}]})").value() ==
        std::vector<std::string>{"one", "two"});
  CHECK(read_list("{}").has_error());
  // The end is the prefix with its last byte raised.
  CHECK(list_body("ab/") == R"({"key":"YWIv","range_end":"YWIw"})");
  CHECK(compact_body(7, false) == R"({"physical":false,"revision":"7"})");
}
