// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_run.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "hub/draw_number.hpp"
#include "net/http_rules.hpp"
#include "synapse/version.hpp"

namespace synapse::hub {

namespace {

constexpr std::chrono::milliseconds look_often{500};
constexpr std::chrono::seconds look_at_nodes_every{60};
constexpr std::chrono::milliseconds step{50};
// The rules of the machine that this version knows.
constexpr std::uint32_t newest_rules = 1;

}  // namespace

ClusterRun::ClusterRun(const RunOptions& options, EngineOptions engine, Host host)
    : options_(options),
      engine_options_(std::move(engine)),
      host_(std::move(host)),
      keeper_(*options.db) {}

ClusterRun::~ClusterRun() = default;

void ClusterRun::place_log(ClusterLog::Place place) {
  saves_ = place.roll.saves();
  agreement_.emplace(place.roll.time(), base::from_seconds(options_.cluster_snapshot_every));
  log_.emplace(cluster::Hello{hub_, "", std::string(version()), newest_rules},
               cluster::Incarnation{draw_number()}, std::move(place), host_.clock.now());
}

void ClusterRun::follow(cluster::Revision after) {
  etcd_->follow(after, {[this](cluster::Revision revision, std::string bytes) {
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
  control_.emplace(ClusterControl::Parts{*log_, *peers_, *nodes_});
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
  if (is_draining_.exchange(log_->drains()) != log_->drains()) {
    host_.logger.info(is_draining_ ? "the hub is drained: it takes no sockets"
                                   : "the hub takes sockets again");
  }
  if (is_draining_) engine_->drain(now);
  control_->work(now);
  look_at_nodes(now);
  append(now);
}

// What they say is for people, and for those of many hubs that ask.
void ClusterRun::look_at_nodes(Moment now) {
  const bool is_due = !looked_at_ || now.mono - *looked_at_ >= look_at_nodes_every;
  if (!is_serving() || !is_due || nodes_->is_looking()) return;
  looked_at_ = now.mono;
  nodes_->look([] {});
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
  const bool is_told_to = std::exchange(saves_, roll.saves()) != roll.saves();
  if (is_told_to) control_->told_to_save(revision);
  if ((!agreement_->is_due(roll.time()) && !is_told_to) || !is_serving()) return;
  ClusterSnapshot snapshot = take_snapshot(revision, roll, machine);
  agreement_->took({snapshot.revision, snapshot.digest});
  space_.saved(revision, roll.time());
  save(std::move(snapshot));
}

// One at a time, so that a disk that is slow has the newest next.
void ClusterRun::save(ClusterSnapshot snapshot) {
  if (saving_) {
    next_saved_ = std::move(snapshot);
    return;
  }
  saving_number_ = keeper_.save(snapshot);
  saving_ = std::move(snapshot);
}

void ClusterRun::written(std::uint64_t number) {
  if (!saving_ || number < saving_number_) return;
  ClusterSnapshot snapshot = *std::exchange(saving_, std::nullopt);
  log_->tell({snapshot.revision, snapshot.digest});
  peers_->offer(std::move(snapshot));
  if (next_saved_) save(*std::exchange(next_saved_, std::nullopt));
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

std::optional<net::HttpResponse> ClusterRun::refuse(const net::HttpRequest& request) const {
  const bool is_question = request.target == "/cluster/status";
  if (!is_question && request.target != "/cluster/drain" && request.target != "/cluster/compact") {
    return net::plain_response(404, "there is no such page");
  }
  const std::string method = is_question ? "GET" : "POST";
  if (request.method != method) return net::plain_response(405, "only " + method);
  if (!request.peer.is_unix) {
    const net::TokenGate tokens(options_.token.value_or(""), options_.tokens);
    const std::optional<net::Pass> pass = tokens.admit(request);
    if (!pass) return net::plain_response(401, "a bearer token is needed");
    if (!is_question && pass->bound != nullptr) {
      return net::plain_response(403, "a token that is bound to names does not look after the bus");
    }
  }
  const bool is_in = control_ && is_serving() && !is_parting_;
  if (is_question || is_in) return std::nullopt;
  return net::plain_response(503, "the hub is not one of the bus now");
}

void ClusterRun::answer(const net::HttpRequest& request, Moment now,
                        const std::shared_ptr<net::HttpReply>& reply) {
  if (request.target == "/cluster/snapshot") return reply->respond(peers_->answer(request));
  if (auto refusal = refuse(request)) return reply->respond(*std::move(refusal));
  if (request.target == "/cluster/status") {
    return reply->respond({200, "application/json", to_json(status(now)), {}});
  }
  if (request.target == "/cluster/drain") {
    reply->respond(control_->drain(request));
  } else {
    control_->compact(now,
                      [reply](net::HttpResponse answer) { reply->respond(std::move(answer)); });
  }
  host_.drain();
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
                           hub.incarnation == log_->incarnation(), roll.is_silent(hub), hub.drains,
                           base::to_seconds(log_->time(now).mono - hub.heard), hub.ahead,
                           hub.beat.revision, hub.beat.digest});
  }
  if (nodes_) status.nodes = nodes_->nodes();
  return status;
}

void ClusterRun::stop() {
  if (engine_ != nullptr && !failure_) {
    keeper_.save(take_snapshot(log_->applied(), log_->roll(), engine_->machine()));
  }
  keeper_.stop();
}

}  // namespace synapse::hub
