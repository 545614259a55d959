// SPDX-License-Identifier: AGPL-3.0-or-later
// Fleet: three real hubs of one bus over real etcd nodes, and agents that know all of them.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/etcd_rig.hpp"
#include "support/hub_process.hpp"
#include "synapse/agent.hpp"

namespace synapse::test {

// What a log says to a query for a number.
inline std::int64_t number_in(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* select = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &select, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(select) == SQLITE_ROW);
  const std::int64_t count = sqlite3_column_int64(select, 0);
  sqlite3_finalize(select);
  sqlite3_close(database);
  return count;
}

class Fleet {
 public:
  explicit Fleet(std::size_t etcd_nodes) : rig(etcd_nodes) {
    for (std::size_t i = 0; i < 3; ++i) {
      HubOptions options;
      options.arguments = {"--cluster", "etcd://" + rig.list() + "/fleet", "--db", file(i)};
      hubs.push_back(std::make_unique<HubProcess>(options));
    }
  }
  // As an agent whose nearest hub is this one has them.
  [[nodiscard]] std::string uris_from(std::size_t first) const {
    std::string uris;
    for (std::size_t i = 0; i < hubs.size(); ++i) {
      uris += (i == 0 ? "" : ",") + hubs[(first + i) % hubs.size()]->uri();
    }
    return uris;
  }
  [[nodiscard]] std::string file(std::size_t hub) const {
    return folder / ("hub" + std::to_string(hub) + ".db");
  }
  // What its log says to that query.
  [[nodiscard]] std::int64_t number(std::size_t hub, const std::string& sql) const {
    return number_in(file(hub), sql);
  }

  EtcdRig rig;
  const TempDir folder;
  std::vector<std::unique_ptr<HubProcess>> hubs;
};

inline AgentOptions fleet_agent(const std::string& name, const std::string& uris) {
  AgentOptions options;
  options.uri = uris;
  options.name = name;
  options.reconnect = AgentOptions::Reconnect::always;
  options.chat = AgentOptions::Chat::addressed;
  options.broadcast_types.emplace();
  options.ready_timeout = patience;
  options.request_timeout = patience;
  return options;
}

// A hub that has just begun to listen has yet to join the others.
inline void join_fleet(Agent& agent) {
  REQUIRE(eventually(patience, [&] { return agent.connect().has_value(); }));
}

inline ClaimRequest claim_of(const std::string& task, const std::string& path) {
  ClaimRequest request;
  request.task_id = task;
  request.worktree = "w";
  request.paths = {path};
  return request;
}

inline bool is_granted(const Result<Reply>& reply) { return reply.has_value() && reply->granted; }

}  // namespace synapse::test
