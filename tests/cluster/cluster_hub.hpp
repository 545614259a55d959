// SPDX-License-Identifier: AGPL-3.0-or-later
// ClusterHub: a hub in this process, of a bus over real etcd nodes or alone, with a log that it
// takes up again when it is started again; and ClusterAgent, an agent with one connection.
#pragma once

#include <sqlite3.h>

#include <thread>

#include "base/clock.hpp"
#include "hub/logger.hpp"
#include "hub/service.hpp"
#include "support/catch.hpp"
#include "support/etcd_rig.hpp"
#include "support/http_peer.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

using Json = nlohmann::json;

inline hub::RunOptions options_alone(const std::filesystem::path& file) {
  hub::RunOptions options;
  options.port = 0;
  options.db = file.string();
  options.owns_process = false;
  return options;
}

inline hub::RunOptions options_in(const EtcdRig& rig, const std::filesystem::path& file) {
  hub::RunOptions options = options_alone(file);
  options.cluster = "etcd://" + rig.list() + "/test";
  options.cluster_snapshot_every = 0.5;
  return options;
}

// Why a hub does not start with these.
inline std::string start_error(const hub::RunOptions& options) {
  const base::SystemClock clock;
  const hub::Logger logger(hub::LogFormat::text, hub::LogLevel::critical);
  const Result<> started = hub::Service(options, clock, logger).start();
  return started ? "" : started.error().message;
}

class ClusterHub {
 public:
  explicit ClusterHub(hub::RunOptions options)
      : logger_(hub::LogFormat::text, hub::LogLevel::critical), options_(std::move(options)) {
    start();
  }
  ClusterHub(const EtcdRig& rig, const std::filesystem::path& file)
      : ClusterHub(options_in(rig, file)) {}
  ~ClusterHub() { stop(); }
  ClusterHub(const ClusterHub&) = delete;
  ClusterHub& operator=(const ClusterHub&) = delete;

  void start() {
    service_ = std::make_unique<hub::Service>(options_, clock_, logger_);
    const Result<> started = service_->start();
    if (!started) FAIL(started.error().message);
    options_.port = service_->port();
    thread_ = std::thread([this] { ended_ = service_->run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    service_->stop();
    thread_.join();
    CHECK(ended_.has_value());
    service_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return options_.port; }
  [[nodiscard]] const std::string& file() const { return *options_.db; }

 private:
  base::SystemClock clock_;
  hub::Logger logger_;
  hub::RunOptions options_;
  std::unique_ptr<hub::Service> service_;
  std::thread thread_;
  Result<> ended_;
};

// An agent with one connection.
class ClusterAgent {
 public:
  ClusterAgent(std::string name, const ClusterHub& hub) : name_(std::move(name)) { connect(hub); }

  void connect(const ClusterHub& hub) {
    peer.emplace(hub.port());
    send({{"type", "heartbeat"}});
  }
  void send(Json frame) {
    frame["sender"] = name_;
    frame["attach"] = true;
    frame["kind"] = "agent";
    frame["instance"] = name_;
    peer->send_json(frame);
  }
  // What comes of it: the frame of one of these types that is about the task.
  Json claim(const std::string& task, const std::string& path, const std::string& key) {
    send({{"type", "claim"},
          {"task_id", task},
          {"worktree", "w"},
          {"paths", {path}},
          {"idem_key", key}});
    return hear_of(task);
  }
  Json hear_of(const std::string& task) {
    const Deadline deadline = patience;
    while (const std::optional<std::string> text = peer->receive(deadline)) {
      Json frame = Json::parse(*text);
      const std::string type = frame.value("type", "");
      const bool is_answer = type == "claim_granted" || type == "claim_denied" || type == "error";
      if (is_answer && frame.value("task_id", "") == task) return frame;
    }
    return {};
  }
  Json state() {
    send({{"type", "state_request"}});
    return peer->receive_type("state_snapshot");
  }

  std::optional<WsPeer> peer;

 private:
  std::string name_;
};

inline Json status_of(const ClusterHub& hub) {
  HttpPeer peer(hub.port());
  return Json::parse(peer.ask("GET", "/cluster/status", {}, "").body);
}

// Until all of this many hubs have told of a snapshot later than that, and found the same.
inline void wait_for_snapshots(const ClusterHub& hub, std::size_t hubs, std::uint64_t after) {
  INFO(status_of(hub).dump(2));
  REQUIRE(eventually(patience, [&] {
    const Json status = status_of(hub);
    std::size_t ready = 0;
    for (const Json& one : status.at("hubs")) ready += one.at("snapshot") > after ? 1 : 0;
    return ready == hubs && (hubs == 1 || status.at("agreement") == "agrees");
  }));
}

inline std::int64_t rows(const std::string& file, const std::string& kind) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_stmt* select = nullptr;
  const std::string sql = "SELECT count(*) FROM events WHERE kind = '" + kind + "'";
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &select, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(select) == SQLITE_ROW);
  const std::int64_t count = sqlite3_column_int64(select, 0);
  sqlite3_finalize(select);
  sqlite3_close(database);
  return count;
}

}  // namespace synapse::test
