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
#include "hub/agreement.hpp"
#include "hub/attendance.hpp"
#include "hub/cluster_control.hpp"
#include "hub/cluster_keeper.hpp"
#include "hub/cluster_peers.hpp"
#include "hub/cluster_space.hpp"
#include "hub/logger.hpp"
#include "hub/run.hpp"
#include "net/http_reply.hpp"

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
                              const std::string& advertised, const std::atomic<bool>& is_unwanted);

  // After each batch of the hub's work.
  void work(Moment now);
  [[nodiscard]] Mono next_deadline() const;
  [[nodiscard]] bool is_serving() const { return attendance_ && attendance_->is_serving(); }
  // It takes no sockets: its agents are to go on at the others. Any thread.
  [[nodiscard]] bool is_draining() const { return is_draining_; }
  [[nodiscard]] bool takes_agents() const { return is_serving() && !is_draining(); }
  // Says goodbye; has_parted() when the others know.
  void part();
  [[nodiscard]] bool has_parted() const { return is_parting_ && log_->is_ended(); }
  void stop();

  // What the hub's port answers at /cluster/…, at once or later.
  void answer(const net::HttpRequest& request, Moment now,
              const std::shared_ptr<net::HttpReply>& reply);
  [[nodiscard]] ClusterStatus status(Moment now) const;

 private:
  using Head = cluster::ReplicatedLog::Head;
  using Found = Result<std::unique_ptr<core::Machine>>;
  // Runs the context until something asynchronous is done.
  struct Waiting {
    boost::asio::io_context& io;
    const std::atomic<bool>& is_unwanted;
  };
  template <class T>
  [[nodiscard]] Result<T> wait_for(const Waiting& waiting,
                                   const std::function<void(std::function<void(Result<T>)>)>& ask);
  [[nodiscard]] Result<Head> find_store(const Waiting& waiting);
  [[nodiscard]] Result<> check_store(const Head& head) const;
  [[nodiscard]] static Error unwanted();
  [[nodiscard]] Found go_on(const Waiting& waiting, ClusterState saved, const Head& head);
  // Without a state of its own.
  [[nodiscard]] Found begin(const Waiting& waiting, const Head& head);
  [[nodiscard]] Found begin_with_log(const Waiting& waiting, ClusterLog::Beginning beginning,
                                     const Head& head);
  [[nodiscard]] Error has_begun_already() const;
  [[nodiscard]] Found join_by_snapshot(const Waiting& waiting);
  // Until one is given.
  [[nodiscard]] Result<ClusterSnapshot> ask_for_snapshot(const Waiting& waiting);
  // What is on disk here.
  void go_on_from(ClusterSnapshot snapshot, cluster::Roll roll);
  [[nodiscard]] Result<> read_beginning(const Waiting& waiting);
  void place_log(ClusterLog::Place place);
  void found_bus();
  void follow(cluster::Revision after);
  void append(Moment now);
  void passed(cluster::Revision revision, const cluster::Roll& roll, const core::Machine& machine);
  void save(ClusterSnapshot snapshot);
  void written(std::uint64_t number);
  void compare();
  [[nodiscard]] std::optional<net::HttpResponse> refuse(const net::HttpRequest& request) const;
  void look_at_nodes(Moment now);

  const RunOptions options_;
  const EngineOptions engine_options_;
  Host host_;
  ClusterKeeper keeper_;
  std::optional<cluster::EtcdLog> etcd_;
  std::optional<ClusterLog> log_;
  std::optional<Attendance> attendance_;
  std::optional<ClusterPeers> peers_;
  std::optional<cluster::EtcdNodes> nodes_;
  std::optional<ClusterControl> control_;
  std::optional<Agreement> agreement_;
  ClusterSpace space_;
  Engine* engine_ = nullptr;
  std::string hub_;
  std::string bus_;
  std::string url_;
  std::optional<Error> failure_;
  // The snapshot that is on its way to the disk, what the committer will say of it, and the one
  // that follows it there.
  std::optional<ClusterSnapshot> saving_;
  std::uint64_t saving_number_ = 0;
  std::optional<ClusterSnapshot> next_saved_;
  std::uint64_t saves_ = 0;  // The roll's, so far.
  bool has_warned_ = false;
  std::optional<Mono> proposed_at_;  // The batch that is under way.
  Mono last_work_{0};
  bool is_appending_ = false;
  bool is_parting_ = false;
  std::atomic<bool> is_draining_ = false;
  std::optional<Mono> looked_at_;  // When the nodes of etcd were asked how they are.
};

}  // namespace synapse::hub
