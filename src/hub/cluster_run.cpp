// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_run.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <limits>
#include <random>
#include <utility>

#include "cluster/address.hpp"
#include "net/http_rules.hpp"
#include "synapse/version.hpp"

namespace synapse::hub {

namespace {

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
  const Waiting waiting{io, is_unwanted};
  if (Result<> opened = keeper_.open(); !opened) return opened.error();
  if (keeper_.lost()) {
    host_.logger.warning("the hub's snapshot can't be used: " + keeper_.lost()->message);
  }
  keeper_.start([this](std::uint64_t number, const std::optional<Error>& error) {
    if (error) return host_.fail(*error);
    boost::asio::post(host_.executor, [this, number] { written(number); });
  });
  const cluster::EtcdOptions options = etcd_options(options_);
  etcd_.emplace(host_.executor, options);
  peers_.emplace(host_.executor, *etcd_, options.bus, options_.cluster_ca);
  const Result<Head> head = find_store(waiting);
  if (!head) return head.error();
  if (Result<> sound = check_store(*head); !sound) return sound.error();
  const Result<bool> begun = wait_for<bool>(waiting, [this](const auto& done) {
    peers_->begin([done](const Result<>& has) { done(has ? Result<bool>(true) : has.error()); });
  });
  if (!begun) return begun.error();
  hub_ = keeper_.hub().empty() ? draw_hub_name() : keeper_.hub();
  if (keeper_.hub().empty()) keeper_.introduce(hub_, head->store);
  return begin_at(waiting, keeper_.take_saved(), *head);
}

Result<std::unique_ptr<core::Machine>> ClusterRun::begin_at(const Waiting& waiting,
                                                            std::optional<ClusterState> saved,
                                                            const Head& head) {
  if (saved && saved->revision > head.now) {
    return fail(ErrorCode::corrupt,
                "etcd is behind this hub: it was set back to an earlier state, and what it has "
                "lost is lost; begin a new bus under another name");
  }
  std::unique_ptr<core::Machine> machine;
  ClusterLog::Place place;
  if (saved) {
    place = {std::move(saved->roll), saved->revision};
    machine = std::move(saved->machine);
  }
  // Where nothing of this bus came since, it does not matter what the store has forgotten.
  const bool has_all = machine && place.applied >= head.last;
  place_log(std::move(place));
  follow(has_all ? head.now : log_->applied());
  if (!machine && head.last == 0) found_bus();
  // The next batch, or that the log no longer goes back so far.
  Result<> read;
  if (!has_all) read = read_beginning(waiting);
  if (!read && read.error().code == ErrorCode::not_found) return join_by_snapshot(waiting);
  if (!read) return read.error();
  if (machine) {
    bus_ = log_->roll().bus();
    return machine;
  }
  const Result<cluster::Config> config = *log_->beginning();
  if (!config) return config.error();
  bus_ = config->bus;
  return std::make_unique<core::Machine>(config->limits, config->bus);
}

// The log no longer has what came before; another hub does.
Result<std::unique_ptr<core::Machine>> ClusterRun::join_by_snapshot(const Waiting& waiting) {
  host_.logger.info("the cluster's log no longer reaches back to where this hub left off; it asks "
                    "the others for a snapshot");
  failure_.reset();
  Result<ClusterSnapshot> snapshot = wait_for<ClusterSnapshot>(
      waiting, [this](const auto& done) { peers_->fetch(done); });
  if (!snapshot) return snapshot.error();
  Result<ClusterState> state = read_snapshot(snapshot->bytes);
  if (!state) return state.error();
  keeper_.adopt(*snapshot);
  place_log({std::move(state->roll), state->revision});
  bus_ = log_->roll().bus();
  agreement_->took({snapshot->revision, snapshot->digest});
  follow(log_->applied());
  return std::move(state->machine);
}

void ClusterRun::place_log(ClusterLog::Place place) {
  agreement_.emplace(place.roll.time(), base::from_seconds(options_.cluster_snapshot_every));
  log_.emplace(cluster::Hello{hub_, "", std::string(version()), newest_rules},
               cluster::Incarnation{draw_number()}, std::move(place), host_.clock.now());
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
    waiting.io.run_one_for(step);
  }
  return std::move(**answer);
}

Result<ClusterRun::Head> ClusterRun::find_store(const Waiting& waiting) {
  std::string said;
  for (;;) {
    Result<Head> head =
        wait_for<Head>(waiting, [this](const auto& done) { etcd_->look(done); });
    if (head || waiting.is_unwanted) return head;
    const std::string why = head.error().message;
    if (std::exchange(said, why) != why) {
      host_.logger.warning("the cluster's log can't be reached; the hub goes on trying: " + why);
    }
    waiting.io.restart();
    waiting.io.run_for(10 * step);
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

Result<> ClusterRun::read_beginning(const Waiting& waiting) {
  while (!log_->beginning()) {
    if (failure_) return *failure_;
    if (waiting.is_unwanted) return unwanted();
    waiting.io.restart();
    waiting.io.run_one_for(step);
  }
  return {};
}

void ClusterRun::follow(cluster::Revision after) {
  etcd_->follow(after,
                {[this](cluster::Revision revision, std::string bytes) {
                   space_.add(bytes.size());
                   log_->arrived(revision, std::move(bytes), host_.clock.now());
                   if (engine_ != nullptr) host_.drain();
                 },
                 [this](Error why) {
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
  log_->on_passed([this](cluster::Revision revision, const cluster::Roll& roll,
                         const core::Machine& machine) { passed(revision, roll, machine); });
  url_ = options_.advertise.empty() ? advertised : options_.advertise;
  log_->join(url_);
  while (!is_serving()) {
    work(host_.clock.now());
    if (failure_) return *failure_;
    if (is_unwanted) return unwanted();
    io.restart();
    io.run_one_for(step);
  }
  peers_->announce(hub_, url_);
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
}

void ClusterRun::passed(cluster::Revision revision, const cluster::Roll& roll,
                        const core::Machine& machine) {
  keeper_.passed(revision);
  if (log_->was_own() && proposed_at_) {
    const Mono taken = host_.clock.now().mono - *std::exchange(proposed_at_, std::nullopt);
    engine_->metrics().propose_seconds.observe(base::to_seconds(taken));
  }
  compare();
  // A hub that reads what it has missed has no time for any but the newest.
  if (!agreement_->is_due(roll.time()) || !is_serving()) return;
  ClusterSnapshot snapshot = take_snapshot(revision, roll, machine);
  agreement_->took({snapshot.revision, snapshot.digest});
  // One at a time: a disk that is slow has the next one.
  if (saving_) return;
  save(snapshot);
  space_.saved(revision, roll.time());
  peers_->offer(std::move(snapshot));
}

void ClusterRun::save(const ClusterSnapshot& snapshot) {
  saving_number_ = keeper_.save(snapshot);
  saving_ = cluster::Beat{snapshot.revision, snapshot.digest};
}

void ClusterRun::written(std::uint64_t number) {
  if (!saving_ || number < saving_number_) return;
  log_->tell(*std::exchange(saving_, std::nullopt));
  if (engine_ == nullptr || is_parting_) return;
  const auto& hubs = log_->roll().hubs();
  const bool is_first = !hubs.empty() && hubs.begin()->second.hello.hub == hub_;
  const auto covered = space_.covered(log_->roll());
  // One question at a time.
  if (is_first && covered) return peers_->forget(*covered);
  peers_->announce(hub_, url_);
}

void ClusterRun::compare() {
  const Agreement::Verdict verdict = agreement_->judge(log_->roll(), log_->incarnation());
  if (verdict == Agreement::Verdict::differs && !std::exchange(has_warned_, true)) {
    host_.logger.error("the state of this hub and that of another differ: one of them is wrong");
  }
  if (verdict != Agreement::Verdict::alone || failure_) return;
  keeper_.forget_snapshot();
  failure_ = fail(ErrorCode::corrupt,
                  "the state of this hub differs from what the other hubs agree on: it has dropped "
                  "its snapshot, and begins with the others' when it is started again");
  host_.logger.error(failure_->message);
  host_.fail(*failure_);
}

void ClusterRun::append(Moment now) {
  if (is_appending_) return;
  std::optional<ClusterLog::Append> next = log_->to_append(now);
  if (!next) return;
  is_appending_ = true;
  if (!proposed_at_) proposed_at_ = now.mono;
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

net::HttpResponse ClusterRun::answer(const net::HttpRequest& request, Moment now) const {
  const std::string_view path = std::string_view(request.target);
  if (path == "/cluster/snapshot") return peers_->answer(request);
  if (path != "/cluster/status") return net::plain_response(404, "there is no such page");
  if (request.method != "GET") return net::plain_response(405, "only GET");
  const net::TokenGate tokens(options_.token.value_or(""), options_.tokens);
  if (!request.peer.is_unix && !tokens.admit(request)) {
    return net::plain_response(401, "a bearer token is needed");
  }
  return {200, "application/json", to_json(status(now)), {}};
}

ClusterStatus ClusterRun::status(Moment now) const {
  static constexpr std::array<const char*, 4> verdicts{"unknown", "agrees", "differs", "alone"};
  const cluster::Roll& roll = log_->roll();
  ClusterStatus status;
  status.bus = bus_;
  status.has_quorum = is_serving() && !log_->cut_off_since(now);
  status.rules = roll.rules();
  status.revision = log_->applied();
  const auto verdict = agreement_->judge(roll, log_->incarnation());
  status.agreement = verdicts.at(static_cast<std::size_t>(verdict));
  status.agents = engine_ == nullptr ? 0 : engine_->machine().presence().online().size();
  status.ignored_batches = log_->ignored();
  for (const auto& [place, hub] : roll.hubs()) {
    status.hubs.push_back({hub.hello.hub, hub.hello.url, hub.hello.version, hub.hello.rules,
                           hub.incarnation == log_->incarnation(), roll.is_silent(hub),
                           base::to_seconds(log_->time(now).mono - hub.heard), hub.ahead,
                           hub.beat.revision, hub.beat.digest});
  }
  return status;
}

void ClusterRun::stop() {
  if (engine_ != nullptr && !failure_) {
    keeper_.save(take_snapshot(log_->applied(), log_->roll(), engine_->machine()));
  }
  keeper_.stop();
}

}  // namespace synapse::hub
