// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_run.hpp"

#include <array>
#include <cstdio>
#include <limits>
#include <random>
#include <utility>

#include "cluster/address.hpp"
#include "synapse/version.hpp"

namespace synapse::hub {

namespace {

constexpr std::chrono::seconds save_every{30};
constexpr std::chrono::milliseconds look_often{500};
constexpr std::chrono::milliseconds step{50};
// The rules of the machine that this version knows.
constexpr std::uint32_t newest_rules = 1;

std::uint64_t draw_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32U | random();
}

std::string draw_hub_name() {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "hub-%016llx",
                static_cast<unsigned long long>(draw_number()));
  return text.data();
}

cluster::EtcdOptions etcd_options(const RunOptions& options) {
  const cluster::Address address = cluster::parse_address(options.cluster).value();
  return {address.endpoints,    address.bus,         options.cluster_ca,      options.cluster_cert,
          options.cluster_key, options.cluster_user, options.cluster_password};
}

Error unwanted() { return fail(ErrorCode::closed, "stopped before it had joined the cluster"); }

}  // namespace

ClusterRun::ClusterRun(const RunOptions& options, EngineOptions engine, Host host)
    : options_(options),
      engine_options_(std::move(engine)),
      host_(std::move(host)),
      keeper_(*options.db) {}

ClusterRun::~ClusterRun() = default;

Result<std::unique_ptr<core::Machine>> ClusterRun::find_bus(
    boost::asio::io_context& io, const std::atomic<bool>& is_unwanted) {
  if (Result<> opened = keeper_.open(); !opened) return opened.error();
  if (keeper_.lost()) {
    host_.logger.warning("the hub's snapshot can't be used (" + keeper_.lost()->message +
                         "): it reads the cluster's log from the beginning");
  }
  keeper_.start([this](std::uint64_t, const std::optional<Error>& error) {
    if (error) host_.fail(*error);
  });
  etcd_.emplace(host_.executor, etcd_options(options_));
  const Result<Head> head = find_store(io, is_unwanted);
  if (!head) return head.error();
  if (Result<> sound = check_store(*head); !sound) return sound.error();
  const std::string hub = keeper_.hub().empty() ? draw_hub_name() : keeper_.hub();
  if (keeper_.hub().empty()) keeper_.introduce(hub, head->store);
  std::optional<ClusterKeeper::Saved> saved = keeper_.take_saved();
  if (saved && saved->revision > head->now) {
    return fail(ErrorCode::corrupt,
                "etcd is behind this hub: it was set back to an earlier state, and what it has "
                "lost is lost; begin a new bus under another name");
  }
  ClusterLog::Place place;
  if (saved) place = {std::move(saved->roll), saved->revision};
  log_.emplace(cluster::Hello{hub, "", std::string(version()), newest_rules},
               cluster::Incarnation{draw_number()}, std::move(place), host_.clock.now());
  follow();
  if (saved) {
    bus_ = log_->roll().bus();
    return std::move(saved->machine);
  }
  if (head->last == 0) found_bus();
  return read_beginning(io, is_unwanted);
}

Result<ClusterRun::Head> ClusterRun::find_store(boost::asio::io_context& io,
                                                const std::atomic<bool>& is_unwanted) {
  std::string said;
  for (;;) {
    std::optional<Result<Head>> head;
    etcd_->look([&head](Result<Head> seen) { head = std::move(seen); });
    while (!head) {
      if (is_unwanted) {
        etcd_.reset();
        return unwanted();
      }
      io.restart();
      io.run_one_for(step);
    }
    if (*head) return std::move(**head);
    const std::string why = head->error().message;
    if (std::exchange(said, why) != why) {
      host_.logger.warning("the cluster's log can't be reached; the hub goes on trying: " + why);
    }
    io.restart();
    io.run_for(10 * step);
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
      cluster::encode(cluster::Config{engine_options_.hub_id, engine_options_.limits});
  const std::string batch = cluster::encode(
      cluster::BatchHead{{draw_number()}, 1, base::from_seconds(now.wall), now.wall}, {config});
  is_appending_ = true;
  etcd_->append(batch, [this](const Result<>& result) {
    is_appending_ = false;
    // Not known: then it is there, or another try is needed.
    if (!result && engine_ == nullptr && !log_->beginning()) found_bus();
  });
}

Result<std::unique_ptr<core::Machine>> ClusterRun::read_beginning(
    boost::asio::io_context& io, const std::atomic<bool>& is_unwanted) {
  while (!log_->beginning()) {
    if (failure_) return *failure_;
    if (is_unwanted) return unwanted();
    io.restart();
    io.run_one_for(step);
  }
  const Result<cluster::Config> config = *log_->beginning();
  if (!config) return config.error();
  bus_ = config->bus;
  return std::make_unique<core::Machine>(config->limits, config->bus);
}

void ClusterRun::follow() {
  etcd_->follow(log_->applied(),
                {[this](cluster::Revision revision, std::string bytes) {
                   log_->arrived(revision, std::move(bytes), host_.clock.now());
                   if (engine_ != nullptr) host_.drain();
                 },
                 [this](Error why) {
                   why.message += "; etcd must not compact it by itself: see docs/cluster.md";
                   failure_ = why;
                   if (engine_ != nullptr) host_.fail(std::move(why));
                 }});
}

Result<> ClusterRun::join(boost::asio::io_context& io, Engine& engine,
                          const std::string& advertised, const std::atomic<bool>& is_unwanted) {
  engine_ = &engine;
  // What comes out of the log is safe.
  engine.committed(std::numeric_limits<std::uint64_t>::max());
  attendance_.emplace(engine, *log_, [] { return cluster::Incarnation{draw_number()}; });
  log_->on_passed([this](cluster::Revision revision, const cluster::Roll&, const core::Machine&) {
    keeper_.passed(revision);
    ++batches_since_save_;
  });
  last_save_ = host_.clock.now().mono;
  log_->join(options_.advertise.empty() ? advertised : options_.advertise);
  while (!is_serving()) {
    work(host_.clock.now());
    if (failure_) return *failure_;
    if (is_unwanted) return unwanted();
    io.restart();
    io.run_one_for(step);
  }
  host_.logger.info("joined the bus " + bus_ + " at revision " + std::to_string(log_->applied()) +
                    "; hubs: " + std::to_string(log_->roll().hubs().size()));
  return {};
}

void ClusterRun::work(Moment now) {
  if (engine_ == nullptr || failure_) return;
  last_work_ = now.mono;
  engine_->catch_up(now);
  if (!is_parting_) attendance_->look(now);
  if (log_->failure()) {
    failure_ = log_->failure();
    return host_.fail(*failure_);
  }
  append(now);
  if (batches_since_save_ > 0 && now.mono - last_save_ >= save_every) save(now);
}

void ClusterRun::save(Moment now) {
  last_save_ = now.mono;
  batches_since_save_ = 0;
  keeper_.save(log_->roll(), engine_->machine());
}

void ClusterRun::append(Moment now) {
  if (is_appending_) return;
  std::optional<ClusterLog::Append> next = log_->to_append(now);
  if (!next) return;
  is_appending_ = true;
  etcd_->append(next->bytes, [this, incarnation = next->incarnation](const Result<>& result) {
    is_appending_ = false;
    log_->appended(incarnation, result, host_.clock.now());
    host_.drain();
  });
}

Mono ClusterRun::next_deadline() const {
  const Mono look = last_work_ + look_often;
  return is_appending_ ? look : std::min(look, log_->next_deadline());
}

void ClusterRun::part() {
  if (engine_ == nullptr || std::exchange(is_parting_, true)) return;
  log_->part();
}

void ClusterRun::stop() {
  if (engine_ != nullptr && !failure_) save(host_.clock.now());
  keeper_.stop();
}

}  // namespace synapse::hub
