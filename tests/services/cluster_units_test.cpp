// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/cluster_units.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/hub_process.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::services;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

std::vector<ClusterNode> nodes_at(const std::vector<std::string>& texts) {
  std::vector<ClusterNode> nodes;
  for (const std::string& text : texts) nodes.push_back(parse_node(text).value());
  return nodes;
}

std::string file_of(const std::vector<ClusterFile>& files, const std::string& name) {
  for (const ClusterFile& file : files) {
    if (file.name == name) return file.text;
  }
  FAIL("there is no " << name);
  return {};
}

const std::vector<std::string> three{"a=10.0.0.1", "b=10.0.0.2:3379", "c=[fd00::3]"};

}  // namespace

TEST_CASE("the units of a cluster name each node by its address, and leave nothing to fill in",
          "[services][units][cluster]") {
  const auto files = cluster_files(nodes_at(three), "shop", "/usr/bin/synapse");
  REQUIRE(files);
  CHECK(files->size() == 7);
  for (const ClusterFile& file : *files) {
    INFO(file.name.string() << "\n" << file.text);
    std::string text = file.text;
    for (const char* word : {"@system-service"}) {
      if (const auto at = text.find(word); at != std::string::npos) text.erase(at, 1);
    }
    CHECK(text.find('@') == std::string::npos);
    CHECK(text.starts_with("# Written by `synapse cluster units`"));
  }
  const std::string members =
      "a=http://10.0.0.1:2380,b=http://10.0.0.2:3380,c=http://[fd00::3]:2380";
  const std::string etcd = file_of(*files, "b/synapse-etcd-b.service");
  CHECK_THAT(etcd, Contains("ETCD_NAME=b\n") && Contains("ETCD_INITIAL_CLUSTER=" + members + "\n"));
  CHECK_THAT(etcd, Contains("ETCD_LISTEN_CLIENT_URLS=http://10.0.0.2:3379\n") &&
                       Contains("ETCD_LISTEN_PEER_URLS=http://10.0.0.2:3380\n"));
  CHECK_THAT(etcd, Contains("AUTO_COMPACTION_RETENTION=0\n") && Contains("QUOTA_BACKEND_BYTES="));
  const std::string hub = file_of(*files, "c/synapse-hub-c.service");
  CHECK_THAT(hub, Contains("--cluster etcd://10.0.0.1:2379,10.0.0.2:3379,[fd00::3]:2379/shop ") &&
                      Contains("--advertise wss://[fd00::3]:8876 "));
  const std::string compose = file_of(*files, "compose.yaml");
  for (const char* node : {"\n  a:\n", "\n  b:\n", "\n  c:\n"}) CHECK_THAT(compose, Contains(node));
  CHECK_THAT(compose, Contains("ETCD_INITIAL_CLUSTER: " + members + "\n"));
}

TEST_CASE("on one machine the hubs of a cluster have ports of their own, and no certificate",
          "[services][units][cluster]") {
  const auto files = cluster_files(
      nodes_at({"a=127.0.0.1", "b=127.0.0.1:2381", "c=127.0.0.1:2383"}), "team", "/x/synapse");
  REQUIRE(files);
  const std::string hub = file_of(*files, "c/synapse-hub-c.service");
  CHECK_THAT(hub, Contains("/x/synapse hub --port 8878 --cluster "));
  CHECK_THAT(hub, !Contains("--tls-cert") && !Contains("LoadCredential"));
}

TEST_CASE("nodes that can make no cluster are refused", "[services][units][cluster]") {
  for (const char* bad : {"", "a", "a=", "=h", "A=h", "a b=h", "a=h/x", "a=h:0", "a=h,i", "-a=h",
                          "a=h:70000", "a=u:p@h"}) {
    INFO(bad);
    CHECK(parse_node(bad).has_error());
  }
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"a=h", "b=i"},
      {"a=h", "b=i", "c=j", "d=k"},
      {"a=h", "a=i", "c=j"},
      {"a=h", "b=h", "c=j"},
      {"a=h:2379", "b=h:2380", "c=j"},
  };
  for (const auto& nodes : wrong) {
    CHECK(cluster_files(nodes_at(nodes), "team", "/x/synapse").has_error());
  }
  CHECK(cluster_files(nodes_at(three), "no bus", "/x/synapse").has_error());
  CHECK(cluster_files(nodes_at(three), "team", "synapse").has_error());
  CHECK(cluster_files(nodes_at(three), "team", "/x/%h").has_error());
}

TEST_CASE("systemd finds nothing wrong with the units of a cluster", "[services][units][cluster]") {
  if (run(Command{{"systemd-analyze", "--version"}}).status->as_number() != 0) {
    WARN("not tested: systemd-analyze is not here");
    return;
  }
  const bool has_etcd = std::filesystem::exists("/usr/bin/etcd");
  const TempDir folder;
  const auto program = std::filesystem::canonical(program_under_test());
  for (const auto& nodes :
       {three, std::vector<std::string>{"a=127.0.0.1", "b=127.0.0.1:2381", "c=127.0.0.1:2383"}}) {
    Command verify{{"systemd-analyze", "--man=no", "verify"}};
    for (const ClusterFile& file : cluster_files(nodes_at(nodes), "team", program).value()) {
      if (file.name.extension() != ".service") continue;
      // Verifying asks for the programs that units run.
      if (!has_etcd && file.name.string().find("etcd") != std::string::npos) continue;
      const std::filesystem::path path = folder / file.name.filename().string();
      std::ofstream(path) << file.text;
      verify.words.push_back(path.string());
    }
    const Finished verified = run(verify);
    INFO(verified.err);
    CHECK(verified.status->as_number() == 0);
    CHECK(verified.err.empty());
  }
}
