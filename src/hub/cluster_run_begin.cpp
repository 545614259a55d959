// SPDX-License-Identifier: AGPL-3.0-or-later
// How a hub finds its bus, before anything else of it runs: where its own snapshot left off; at the
// beginning of the bus's log, which it writes if there is none; with the log of a hub that was
// alone, which it makes the beginning; or with another hub's snapshot, where the log no longer goes
// back so far or begins with what this hub has not got.
//
// A log becomes a beginning in steps of which each can be the last before a crash. Its number is on
// disk before etcd has it, so that the hub knows its own beginning again. The log is read for the
// moment that the beginning in etcd says, whenever that is. The state that comes of it is on disk
// before any other hub is given it, and nothing is written behind the log's events before. So
// nobody ever has a state that the hub could not come to again.
#include <array>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <utility>

#include "base/file.hpp"
#include "base/process_row.hpp"
#include "cluster/address.hpp"
#include "hub/cluster_run.hpp"
#include "hub/draw_number.hpp"
#include "store/state_rows.hpp"

namespace synapse::hub {

namespace {

constexpr std::chrono::milliseconds find_step{50};

std::string draw_hub_name() {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "hub-%016llx",
                static_cast<unsigned long long>(draw_number()));
  return text.data();
}

cluster::EtcdOptions etcd_options(const RunOptions& options) {
  const cluster::Address address = cluster::parse_address(options.cluster).value();
  return {address.endpoints,   address.bus,          options.cluster_ca,      options.cluster_cert,
          options.cluster_key, options.cluster_user, options.cluster_password};
}

}  // namespace

Error ClusterRun::unwanted() {
  return fail(ErrorCode::closed, "stopped before it had joined the cluster");
}

template <class T>
Result<T> ClusterRun::wait_for(const Waiting& waiting,
                               const std::function<void(std::function<void(Result<T>)>)>& ask) {
  auto answer = std::make_shared<std::optional<Result<T>>>();
  ask([answer](Result<T> given) { *answer = std::move(given); });
  while (!*answer) {
    if (waiting.is_unwanted) {
      peers_.reset();
      etcd_.reset();
      return unwanted();
    }
    waiting.io.restart();
    waiting.io.run_one_for(find_step);
  }
  return std::move(**answer);
}

Result<ClusterRun::Head> ClusterRun::find_store(const Waiting& waiting) {
  std::string said;
  for (;;) {
    Result<Head> head = wait_for<Head>(waiting, [this](const auto& done) { etcd_->look(done); });
    if (head || waiting.is_unwanted) return head;
    const std::string why = head.error().message;
    if (std::exchange(said, why) != why) {
      host_.logger.warning("the cluster's log can't be reached; the hub goes on trying: " + why);
    }
    waiting.io.restart();
    waiting.io.run_for(10 * find_step);
  }
}

Result<> ClusterRun::check_store(const Head& head) const {
  if (keeper_.store_id().empty() || keeper_.store_id() == head.store) return {};
  return fail(ErrorCode::bad_argument,
              "this is another etcd cluster than the one that the hub's log " + *options_.db +
                  " is of; name that one, or begin with a new file");
}

// Several may do it at once; the first in the log counts.
void ClusterRun::found_bus() {
  const Moment now = host_.clock.now();
  const std::string config =
      cluster::encode(cluster::Config{engine_options_.hub_id, engine_options_.limits,
                                      keeper_.import().value_or(cluster::Origin())});
  const std::string batch = cluster::encode(
      cluster::BatchHead{{draw_number()}, 1, base::from_seconds(now.wall), now.wall}, {config});
  is_appending_ = true;
  etcd_->append(batch, [this](const Result<>& result) {
    is_appending_ = false;
    // Not known: then it is there, or another try is needed.
    if (!result && engine_ == nullptr && !log_->beginning()) found_bus();
  });
}

Result<> ClusterRun::read_beginning(const Waiting& waiting) {
  while (!log_->beginning()) {
    if (failure_) return *failure_;
    if (waiting.is_unwanted) return unwanted();
    waiting.io.restart();
    waiting.io.run_one_for(find_step);
  }
  return {};
}

Result<std::unique_ptr<core::Machine>> ClusterRun::find_bus(boost::asio::io_context& io,
                                                            const std::atomic<bool>& is_unwanted) {
  const Waiting waiting{io, is_unwanted};
  if (Result<> opened = keeper_.open(); !opened) return opened.error();
  if (keeper_.lost()) {
    host_.logger.warning("the hub's snapshot can't be used: " + keeper_.lost()->message);
  }
  const cluster::EtcdOptions options = etcd_options(options_);
  etcd_.emplace(host_.executor, options);
  peers_.emplace(host_.executor, *etcd_, options.bus, options_.cluster_ca);
  nodes_.emplace(host_.executor, options);
  const Result<Head> head = find_store(waiting);
  if (!head) return head.error();
  if (Result<> sound = check_store(*head); !sound) return sound.error();
  const Result<bool> begun = wait_for<bool>(waiting, [this](const auto& done) {
    peers_->begin([done](const Result<>& has) { done(has ? Result<bool>(true) : has.error()); });
  });
  if (!begun) return begun.error();
  hub_ = keeper_.hub().empty() ? draw_hub_name() : keeper_.hub();
  if (!keeper_.import() && keeper_.hub().empty()) {
    if (Result<> told = keeper_.introduce(hub_, head->store); !told) return told.error();
  }
  std::optional<ClusterState> saved = keeper_.take_saved();
  auto machine = saved ? go_on(waiting, std::move(*saved), *head) : begin(waiting, *head);
  if (!machine) return machine;
  keeper_.start([this](std::uint64_t number, const std::optional<Error>& error) {
    if (error) return host_.fail(*error);
    boost::asio::post(host_.executor, [this, number] { written(number); });
  });
  return machine;
}

ClusterRun::Found ClusterRun::go_on(const Waiting& waiting, ClusterState saved, const Head& head) {
  if (saved.revision > head.now) {
    return fail(ErrorCode::corrupt,
                "etcd is behind this hub: it was set back to an earlier state, and what it has "
                "lost is lost; begin a new bus under another name");
  }
  // Where nothing of this bus came since, it does not matter what the store has forgotten.
  const bool has_all = saved.revision >= head.last;
  bus_ = saved.roll.bus();
  place_log({std::move(saved.roll), saved.revision});
  follow(has_all ? head.now : saved.revision);
  // The next batch, or that the log no longer goes back so far.
  const Result<> read = has_all ? Result<>() : read_beginning(waiting);
  if (!read && read.error().code == ErrorCode::not_found) {
    host_.logger.info("the cluster's log no longer reaches back to where this hub left off");
    return join_by_snapshot(waiting);
  }
  if (!read) return read.error();
  return std::move(saved.machine);
}

ClusterRun::Found ClusterRun::begin(const Waiting& waiting, const Head& head) {
  if (keeper_.import() && *keeper_.import() == cluster::Origin()) {
    if (head.last != 0) return has_begun_already();
    if (Result<> kept = keeper_.keep_origin({draw_number()}); !kept) return kept.error();
  }
  place_log({});
  // A bus of that name which was taken out of the store is none of its business.
  follow(head.last == 0 ? head.now : head.first - 1);
  if (head.last == 0) found_bus();
  const Result<> read = read_beginning(waiting);
  if (!read && read.error().code == ErrorCode::not_found && !keeper_.import()) {
    host_.logger.info("the cluster's log no longer reaches back to its beginning");
    return join_by_snapshot(waiting);
  }
  if (!read && read.error().code == ErrorCode::not_found) return has_begun_already();
  if (!read) return read.error();
  Result<ClusterLog::Beginning> beginning = *log_->beginning();
  if (!beginning) return beginning.error();
  if (keeper_.import()) return begin_with_log(waiting, *std::move(beginning), head);
  const cluster::Config& config = beginning->config;
  if (config.origin != cluster::Origin()) {
    host_.logger.info("the bus has begun with the log of a hub that was alone");
    return join_by_snapshot(waiting);
  }
  bus_ = config.bus;
  return std::make_unique<core::Machine>(config.limits, config.bus);
}

ClusterRun::Found ClusterRun::begin_with_log(const Waiting& waiting,
                                             ClusterLog::Beginning beginning, const Head& head) {
  const cluster::Config& config = beginning.config;
  if (config.origin != *keeper_.import()) return has_begun_already();
  auto machine = keeper_.replay({config.limits, config.bus, base::boot_id(), host_.logger},
                                beginning.moment, waiting.is_unwanted);
  if (!machine) return machine.error();
  ClusterSnapshot snapshot =
      take_snapshot(beginning.behind.applied, beginning.behind.roll, **machine);
  // What the others will have of it, to the last bit.
  Result<ClusterState> state = read_snapshot(snapshot.bytes);
  if (!state) return state.error();
  if (Result<> founded = keeper_.found(hub_, head.store, snapshot); !founded) {
    return founded.error();
  }
  bus_ = config.bus;
  host_.logger.info("the bus begins with what was in " + base::quoted_path(*options_.db));
  go_on_from(std::move(snapshot), std::move(state->roll));
  return std::move(state->machine);
}

Error ClusterRun::has_begun_already() const {
  const std::string& bus = cluster::parse_address(options_.cluster).value().bus;
  return fail(ErrorCode::bad_argument,
              "the bus " + bus + " has begun already, and not with " +
                  base::quoted_path(*options_.db) +
                  ": name one that is new (or, if nobody needs that one any more, take it out of "
                  "etcd: etcdctl del --prefix /synapse/" +
                  bus + "/ && etcdctl del /synapse-covered/" + bus +
                  "); to join it, begin with a new file");
}

void ClusterRun::go_on_from(ClusterSnapshot snapshot, cluster::Roll roll) {
  place_log({std::move(roll), snapshot.revision});
  const cluster::Beat beat{snapshot.revision, snapshot.digest};
  agreement_->took(beat);
  log_->tell(beat);
  peers_->offer(std::move(snapshot));
  follow(log_->applied());
}

Result<ClusterSnapshot> ClusterRun::ask_for_snapshot(const Waiting& waiting) {
  std::string said;
  for (;;) {
    Result<ClusterSnapshot> snapshot =
        wait_for<ClusterSnapshot>(waiting, [this](const auto& done) { peers_->fetch(done); });
    if (snapshot || waiting.is_unwanted) return snapshot;
    const std::string why = snapshot.error().message;
    if (std::exchange(said, why) != why) {
      host_.logger.warning(
          "this hub needs a snapshot of the bus from another hub; it waits for "
          "one: " +
          why);
    }
    waiting.io.restart();
    waiting.io.run_for(10 * find_step);
  }
}

ClusterRun::Found ClusterRun::join_by_snapshot(const Waiting& waiting) {
  etcd_->stop_following();
  failure_.reset();
  Result<ClusterSnapshot> snapshot = ask_for_snapshot(waiting);
  if (!snapshot) return snapshot.error();
  Result<ClusterState> state = read_snapshot(snapshot->bytes);
  if (!state) return state.error();
  std::vector<store::Entry> rows;
  if (!keeper_.has_events_up_to(snapshot->revision)) {
    const Moment now = state->roll.now();
    const auto had =
        keeper_.replay({state->machine->limits(), state->roll.bus(), base::boot_id(), host_.logger},
                       now, waiting.is_unwanted);
    if (!had) return had.error();
    rows = store::rows_between(**had, *state->machine, now);
  }
  if (Result<> kept = keeper_.adopt(*snapshot, std::move(rows)); !kept) return kept.error();
  bus_ = state->roll.bus();
  go_on_from(*std::move(snapshot), std::move(state->roll));
  return std::move(state->machine);
}

}  // namespace synapse::hub
