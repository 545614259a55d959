// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge's seat on the bus: under which name, since when, and what is heard there.
#include <utility>

#include "client/frames.hpp"
#include "mcp/bridge.hpp"
#include "wire/addressing.hpp"

namespace synapse::mcp {

namespace {

// Between two tries for a client that waits for changes and asks for nothing.
constexpr std::chrono::seconds attending_pause{2};

bool is_mail(const Json& frame, std::string_view me) {
  return text_member(frame, "type") == "chat" && text_member(frame, "sender") != me &&
         wire::is_directed(text_member(frame, "target"), me);
}

bool is_lease_news(std::string_view type) {
  return type == "release_granted" || type == "handoff_granted" || type == "lease_expired";
}

unsigned bit_of(Resource resource) { return 1U << static_cast<unsigned>(resource); }

}  // namespace

std::string Bridge::name() const {
  std::string name = agent_.name();
  return name.empty() ? options_.agent.name : name;
}

// Why the call can't be performed; nothing when the agent has its seat. The first call takes it. A
// seat that is gone for good was taken over by somebody: who asks now wants it back.
std::optional<Outcome> Bridge::sit_down(const Perform& job) {
  const std::string before = name();
  const bool was_seated = is_seated_;
  if (is_seated_) {
    const Result<std::shared_ptr<const Json>> end = agent_.receive(std::chrono::milliseconds(0));
    if (end || end.error().code != ErrorCode::closed) return std::nullopt;
    is_seated_ = false;
  }
  // Calls that stood in line behind one that tried in vain don't try all over again.
  if (clock_.now().mono - job.asked_at >= options_.agent.request_timeout) {
    return no_seat(fail(ErrorCode::timed_out, "there was no connection in time"));
  }
  if (const Result<> seated = take_seat(); !seated) return no_seat(seated.error());
  if (was_seated && name() != before) {
    lose_all("another process is the agent " + before + "; you are " + name());
  }
  return std::nullopt;
}

// Two windows of one assistant have one configuration, and are two agents: the one that comes
// second goes by the name that the hub suggests.
Result<> Bridge::take_seat() {
  // Others may be quicker to take what was suggested: all clients of an HTTP server, at its start.
  constexpr int tries_max = 256;
  if (is_stopped_) return fail(ErrorCode::cancelled);
  Result<> connected = agent_.connect();
  for (int tries = 0; tries < tries_max && !connected; ++tries) {
    const std::string suggested = agent_.suggested_name();
    const bool is_taken = connected.error().code == ErrorCode::name_conflict && !suggested.empty();
    if (!is_taken || options_.name == BridgeOptions::Name::exact) break;
    connected = agent_.connect_as(suggested);
  }
  if (!connected) return connected;
  is_seated_ = true;
  options_.seated(name());
  reconnected();
  return connected;
}

Outcome Bridge::no_seat(const Error& why) const {
  std::string text =
      "there is no connection to the hub at " + options_.agent.uri + ": " + why.message;
  text += text.ends_with('.') ? " Nothing was done." : ". Nothing was done.";
  if (why.code == ErrorCode::unreachable || why.code == ErrorCode::timed_out) {
    text += " To start a hub: synapse hub";
  }
  return refused(std::move(text));
}

void Bridge::try_to_attend() {
  if (!is_attended_ || is_seated_ || clock_.now().mono < next_try_) return;
  if (take_seat()) return;
  next_try_ = clock_.now().mono + attending_pause;
}

// On the agent's thread.
void Bridge::hear(const Json& frame) {
  const std::string me = name();
  // Before it wakes the one that looks for it.
  if (is_mail(frame, me)) has_mail_ = true;
  mark_changes(frame);
  const bool is_ours =
      text_member(frame, "owner") == me || text_member(frame, "previous_owner") == me;
  if (is_ours && is_lease_news(text_member(frame, "type"))) jobs_.put(LeaseNews{frame});
}

// From any thread.
void Bridge::mark_changes(const Json& frame) {
  unsigned bits = 0;
  for (const Resource resource : changes(frame)) bits |= bit_of(resource);
  if (is_mail(frame, name())) bits |= bit_of(Resource::inbox);
  // While a bit is set, somebody is on the way already: a storm of changes is told of once.
  if (bits != 0 && changed_.fetch_or(bits) == 0) jobs_.put(LookAround{});
}

void Bridge::reconnected() {
  is_back_ = true;
  has_mail_ = true;
  unsigned bits = 0;
  for (const Resource resource : all_resources) bits |= bit_of(resource);
  changed_.fetch_or(bits);
  jobs_.put(LookAround{});
}

void Bridge::tell_changes() {
  if (is_back_.exchange(false)) leases_.doubt_all(clock_.now().mono);
  const unsigned bits = changed_.exchange(0);
  if (bits == 0) return;
  for (const Resource resource : all_resources) {
    if ((bits & bit_of(resource)) != 0) listener_.changed(resource);
  }
}

}  // namespace synapse::mcp
