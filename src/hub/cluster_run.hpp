// SPDX-License-Identifier: AGPL-3.0-or-later
// A running hub's part in its bus: the log in etcd, what the hub keeps of it, and who brings the
// two together. Belongs to the hub's strand; the service drives it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cluster/etcd_log.hpp"
#include "hub/attendance.hpp"
#include "hub/cluster_keeper.hpp"
#include "hub/logger.hpp"
#include "hub/run.hpp"

namespace synapse::hub {

class ClusterRun {
 public:
  // What the service does for it.
  struct Host {
    boost::asio::any_io_executor executor;  // The hub's strand.
    const Clock& clock;
    const Logger& logger;
    std::function<void()> drain;      // Something came out of the log.
    std::function<void(Error)> fail;  // The hub can't go on.
  };

  ClusterRun(const RunOptions& options, EngineOptions engine, Host host);
  ~ClusterRun();
  ClusterRun(const ClusterRun&) = delete;
  ClusterRun& operator=(const ClusterRun&) = delete;

  // While nothing else runs the context: opens what is kept and finds the bus, or begins it. The
  // machine as it was at the hub's last snapshot, or at the beginning. Ends soon, with `closed`,
  // once the hub is no longer wanted.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> find_bus(
      boost::asio::io_context& io, const std::atomic<bool>& is_unwanted);
  // After that: what an engine of the bus is made with.
  [[nodiscard]] const std::string& bus() const { return bus_; }
  [[nodiscard]] ClusterLog& log() { return *log_; }
  [[nodiscard]] ClusterKeeper& keeper() { return keeper_; }
  // Catches up with the log, and says hello.
  [[nodiscard]] Result<> join(boost::asio::io_context& io, Engine& engine,
                              const std::string& advertised,
                              const std::atomic<bool>& is_unwanted);

  // After each batch of the hub's work.
  void work(Moment now);
  [[nodiscard]] Mono next_deadline() const;
  [[nodiscard]] bool is_serving() const { return attendance_ && attendance_->is_serving(); }
  // Says goodbye; has_parted() when the others know.
  void part();
  [[nodiscard]] bool has_parted() const { return is_parting_ && log_->is_ended(); }
  void stop();

 private:
  using Head = cluster::ReplicatedLog::Head;
  [[nodiscard]] Result<Head> find_store(boost::asio::io_context& io,
                                        const std::atomic<bool>& is_unwanted);
  [[nodiscard]] Result<> check_store(const Head& head) const;
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> read_beginning(
      boost::asio::io_context& io, const std::atomic<bool>& is_unwanted);
  void found_bus();
  void follow();
  void append(Moment now);
  void save(Moment now);

  const RunOptions options_;
  const EngineOptions engine_options_;
  Host host_;
  ClusterKeeper keeper_;
  std::optional<cluster::EtcdLog> etcd_;
  std::optional<ClusterLog> log_;
  std::optional<Attendance> attendance_;
  Engine* engine_ = nullptr;
  std::string bus_;
  std::optional<Error> failure_;
  Mono last_save_{0};
  std::size_t batches_since_save_ = 0;
  Mono last_work_{0};
  bool is_appending_ = false;
  bool is_parting_ = false;
};

}  // namespace synapse::hub
