// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_control.hpp"

#include <algorithm>
#include <utility>

#include "base/strings.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

// A hub that is silent is gone after 10 s, and one with a slow disk may have a snapshot under way.
constexpr std::chrono::seconds compaction_patience{60};

const cluster::Hub* find_hub(const cluster::Roll& roll, const std::string& named) {
  for (const auto& [place, hub] : roll.hubs()) {
    if (hub.hello.hub == named || hub.hello.url == named) return &hub;
  }
  return nullptr;
}

std::string all_hubs_of(const cluster::Roll& roll) {
  std::vector<std::string> names;
  for (const auto& [place, hub] : roll.hubs()) {
    names.push_back(hub.hello.hub + " (" + hub.hello.url + ")");
  }
  return base::join(names, ", ");
}

}  // namespace

net::HttpResponse ClusterControl::drain(const net::HttpRequest& request) {
  const std::string named(request.header("Synapse-Hub"));
  const std::string_view wish = request.header("Synapse-Drain");
  if (named.empty() || (wish != "on" && wish != "off")) {
    return net::plain_response(400, "it says not which hub, or not what it is to do");
  }
  const bool drains = wish == "on";
  const cluster::Roll& roll = parts_.log.roll();
  const cluster::Hub* hub = find_hub(roll, named);
  if (hub == nullptr) {
    return net::plain_response(400, "the bus has no such hub; it has " + all_hubs_of(roll));
  }
  if (roll.is_silent(*hub)) {
    return net::plain_response(409, "that hub is silent; its agents go on elsewhere already");
  }
  const bool has_other = std::any_of(roll.hubs().begin(), roll.hubs().end(), [&](const auto& one) {
    return &one.second != hub && !one.second.drains && !roll.is_silent(one.second);
  });
  if (drains && !has_other) {
    return net::plain_response(409, "no other hub takes sockets: agents could go nowhere");
  }
  parts_.log.announce(cluster::Drain{hub->incarnation, drains});
  wire::JsonWriter json;
  json.begin_object().field("hub", hub->hello.hub).field("url", hub->hello.url);
  return {200, "application/json", json.end_object().take(), {}};
}

void ClusterControl::compact(Moment now, Reply reply) {
  if (step_ != Step::nothing) {
    return reply(net::plain_response(409, "a compaction is under way here already"));
  }
  if (parts_.log.cut_off_since(now)) {
    return reply(net::plain_response(503, "the cluster's log is out of reach"));
  }
  reply_ = std::move(reply);
  deadline_ = now.mono + compaction_patience;
  saved_ = 0;
  before_.clear();
  step_ = Step::turn;
  work(now);
}

// What it waits for may have come. A look that others asked for comes first.
void ClusterControl::work(Moment now) {
  if (step_ == Step::nothing) return;
  if (step_ == Step::turn && !parts_.nodes.is_looking()) look_first();
  if (step_ == Step::hubs && late_hubs().empty() && !parts_.peers.is_asking()) forget();
  if (step_ == Step::next_turn && !parts_.nodes.is_looking()) look_last();
  if (step_ == Step::nothing || now.mono < deadline_) return;
  const bool is_for_hubs = step_ == Step::hubs && !late_hubs().empty();
  answer(net::plain_response(503, is_for_hubs
                                      ? "nothing is forgotten: " + base::join(late_hubs(), ", ") +
                                            " did not save the state in time"
                                      : "etcd did not answer in time"));
}

void ClusterControl::look_first() {
  step_ = Step::first_look;
  parts_.nodes.look([this] {
    if (step_ != Step::first_look) return;
    before_ = parts_.nodes.nodes();
    step_ = Step::log;
    parts_.log.announce(cluster::Save{});
  });
}

void ClusterControl::told_to_save(cluster::Revision revision) {
  if (step_ != Step::log) return;
  saved_ = revision;
  step_ = Step::hubs;
}

std::vector<std::string> ClusterControl::late_hubs() const {
  std::vector<std::string> late;
  for (const auto& [place, hub] : parts_.log.roll().hubs()) {
    if (hub.beat.revision < saved_) late.push_back(hub.hello.hub);
  }
  return late;
}

cluster::Revision ClusterControl::covered() const {
  std::optional<cluster::Revision> covered;
  for (const auto& [place, hub] : parts_.log.roll().hubs()) {
    covered = std::min(covered.value_or(hub.beat.revision), hub.beat.revision);
  }
  return covered.value_or(0);
}

void ClusterControl::forget() {
  step_ = Step::etcd;
  asked_ = covered();
  parts_.peers.forget_now(asked_, [this](const Result<cluster::Revision>& forgotten) {
    if (step_ != Step::etcd) return;
    if (!forgotten) return answer(net::plain_response(503, forgotten.error().message));
    forgotten_ = *forgotten;
    step_ = Step::next_turn;
  });
}

void ClusterControl::look_last() {
  step_ = Step::last_look;
  parts_.nodes.look([this] {
    if (step_ == Step::last_look) tell();
  });
}

void ClusterControl::tell() {
  wire::JsonWriter json;
  json.begin_object().field("revision", forgotten_).key("held_back").boolean(forgotten_ < asked_);
  json.key("nodes").begin_array();
  const std::vector<cluster::EtcdNode>& after = parts_.nodes.nodes();
  for (std::size_t i = 0; i < after.size() && i < before_.size(); ++i) {
    const std::string& problem = before_[i].problem.empty() ? after[i].problem : before_[i].problem;
    json.begin_object()
        .field("at", after[i].at)
        .field("error", problem)
        .field("used_before", before_[i].metrics.used_bytes)
        .field("used", after[i].metrics.used_bytes)
        .field("file", after[i].metrics.file_bytes)
        .end_object();
  }
  answer({200, "application/json", json.end_array().end_object().take(), {}});
}

void ClusterControl::answer(net::HttpResponse response) {
  step_ = Step::nothing;
  if (reply_) std::exchange(reply_, nullptr)(std::move(response));
}

}  // namespace synapse::hub
