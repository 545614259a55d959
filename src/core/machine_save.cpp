// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine's whole state as bytes: `SYNM`, a version, the state, and a digest of all before it.
//
// The tables are saved as what they hold and built anew, so that no saved state can give an index
// that disagrees with its table.
#include <algorithm>

#include "base/fnv1a.hpp"
#include "core/archive_fields.hpp"
#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"
#include "core/machine.hpp"
#include "core/saved_mailroom.hpp"
#include "core/scope.hpp"

namespace synapse::core {

template <>
inline constexpr std::uint64_t words_of<LeaseStatus> = 5;
template <>
inline constexpr std::uint64_t words_of<PlanStatus> = 5;
template <>
inline constexpr std::uint64_t words_of<ProgressKind> = 3;
template <>
inline constexpr std::uint64_t words_of<DropReason> = 4;

// Found by the archive through their arguments, so in this namespace itself.

template <class Io>
void fields(Io& io, Is<Lapse> auto& v) {
  io(v.task_id, v.owner, v.epoch, v.lapsed_at, v.worktree, v.coverage, v.paths);
}
template <class Io>
void fields(Io& io, Is<QueuedClaim> auto& v) {
  io(v.agent, v.claim, v.ticket, v.deadline, v.absent_until);
}
template <class Io>
void fields(Io& io, Is<PlanTask> auto& v) {
  io(v.task_id, v.title, v.description, v.depends_on, v.status, v.suggested_owner, v.created_by,
     v.created_at, v.updated_at);
}
template <class Io>
void fields(Io& io, Is<ProgressNote> auto& v) {
  io(v.task_id, v.author, v.kind, v.text, v.posted_at);
}
template <class Io>
void fields(Io& io, Is<Offer> auto& v) {
  io(v.agent, v.kind, v.name, v.capacity, v.meta, v.offered_at, v.deadline);
}
template <class Io>
void fields(Io& io, Is<Card> auto& v) {
  io(v.agent, v.description, v.skills, v.task_classes, v.model, v.meta, v.advertised_at,
     v.deadline);
}
template <class Io>
void fields(Io& io, Is<ChatMessage> auto& v) {
  io(v.id, v.sender, v.target, v.body, v.timestamp, v.hub_id, v.idem_key, v.digest);
}
template <class Io>
void fields(Io& io, Is<Lease> auto& v) {
  io(v.task_id, v.owner, v.note, v.claimed_at, v.expires_at, v.deadline, v.status, v.data_ref,
     v.worktree, v.coverage, v.paths, v.epoch, v.version, v.checkpoint, v.git, v.party, v.origin);
}
template <class Io>
void fields(Io& io, Is<HeldLease> auto& v) {
  io(v.task_id, v.epoch);
}
template <class Io>
void fields(Io& io, Is<AnswerRemembered> auto& v) {
  io(v.key, v.sender, v.type, v.digest, v.response, v.grants);
}
template <class Io>
void fields(Io& io, Is<Seat> auto& v) {
  io(v.session, v.name, v.seating, v.kind, v.is_exclusive, v.hears_receipts, v.instance,
     v.principal);
}
template <class Io>
void fields(Io& io, Is<Ties::Asker> auto& v) {
  io(v.session, v.request);
}
template <class Io>
void fields(Io& io, Is<Ties::KeptPlace> auto& v) {
  io(v.request, v.principal);
}

template <class Io>
void fields(Io& io, Is<Seats::Reserved> auto& v) {
  io(v.instance, v.until);
}

template <class Io>
void fields(Io& io, Is<SavedMailroom::Copy> auto& v) {
  io(v.agent, v.at, v.answer, v.state, v.why, v.is_given_out, v.is_told_of, v.is_no_letter,
     v.seen_by_sender, v.seen_by_operator);
}
template <class Io>
void fields(Io& io, Is<SavedMailroom::Mail> auto& v) {
  io(v.id, v.body, v.sender, v.hub_id, v.timestamp, v.kept, v.thread, v.bytes, v.inherits_thread,
     v.receipt, v.copies);
}
template <class Io>
void fields(Io& io, Is<SavedMailroom> auto& v) {
  io(v.live, v.dead, v.ended, v.strangers, v.not_reading);
}

// The tables as plain lists.
struct MachineState {
  Limits limits;
  std::string hub_id;
  std::vector<Lease> leases;
  Epoch last_epoch;
  std::vector<std::pair<TaskId, std::string>> checkpoints;  // The oldest first.
  std::vector<Lapse> lapses;                                // The oldest first.
  std::vector<QueuedClaim> queue;
  std::uint64_t last_ticket = 0;
  // Where the claims are parked, for how often they are looked at decides how long a turn goes on.
  std::map<std::uint64_t, TaskId> parked_on;
  std::map<std::uint64_t, std::uint64_t> parked_behind;
  std::map<AgentName, TaskId> waits;
  std::vector<PlanTask> plan;
  std::vector<ProgressNote> progress;
  std::uint64_t dropped_notes = 0;
  std::vector<Offer> offers;
  std::vector<Card> cards;
  std::set<AgentName> online;
  std::map<AgentName, double> last_seen;
  std::vector<ChatMessage> messages;
  MessageId last_message;
  std::vector<AnswerRemembered> answers;
  std::vector<Seat> seats;
  std::map<AgentName, Principal> owners;
  std::map<AgentName, Principal> former_owners;
  std::map<AgentName, Mono> takeovers;
  std::map<AgentName, Seats::Reserved> reserved;
  std::map<Ties::ClaimKey, Ties::Asker> askers;
  std::map<Ties::ClaimKey, Ties::KeptPlace> kept_places;
  std::map<AgentName, SessionId> wait_makers;
  std::map<AgentName, SessionId> card_makers;
  SavedMailroom mail;

  explicit MachineState(const Machine& machine);
  MachineState() = default;
  [[nodiscard]] bool is_sound() const;
  [[nodiscard]] std::unique_ptr<Machine> machine() &&;
  void park(Machine& made) const;
};

template <class Io>
void fields(Io& io, Is<MachineState> auto& v) {
  io(v.limits, v.hub_id, v.leases, v.last_epoch, v.checkpoints, v.lapses, v.queue, v.last_ticket,
     v.parked_on, v.parked_behind, v.waits, v.plan, v.progress, v.dropped_notes, v.offers, v.cards,
     v.online, v.last_seen, v.messages, v.last_message, v.answers, v.seats, v.owners,
     v.former_owners, v.takeovers, v.reserved, v.askers, v.kept_places, v.wait_makers,
     v.card_makers, v.mail);
}

namespace {

constexpr std::string_view magic = "SYNM\x04";  // The last byte is the version.
constexpr std::size_t digest_bytes = 8;

template <class Map>
auto values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) values.push_back(value);
  return values;
}

std::string digest_of(std::string_view bytes) {
  const std::uint64_t digest = base::fnv1a(bytes);
  std::string text;
  for (unsigned shift = 0; shift < 64; shift += 8) text += static_cast<char>(digest >> shift);
  return text;
}

bool is_normal(const std::vector<std::string>& paths) {
  return std::all_of(paths.begin(), paths.end(),
                     [](const std::string& path) { return normalise_path(path) == path; });
}

}  // namespace

MachineState::MachineState(const Machine& machine)
    : limits(machine.limits_),
      hub_id(machine.hub_id_),
      leases(values_of(machine.leases_.all())),
      last_epoch(machine.leases_.last_epoch()),
      lapses(machine.leases_.lapses().in_order()),
      queue(values_of(machine.queue_.all())),
      last_ticket(machine.queue_.last_ticket()),
      waits(machine.queue_.waits()),
      plan(values_of(machine.plan_.tasks())),
      progress(machine.plan_.progress().begin(), machine.plan_.progress().end()),
      dropped_notes(machine.plan_.dropped_notes_),
      offers(values_of(machine.offers_.all())),
      cards(values_of(machine.cards_.all())),
      online(machine.presence_.online()),
      last_seen(machine.presence_.last_seen()),
      messages(machine.history_.messages().begin(), machine.history_.messages().end()),
      last_message(machine.history_.last_id()),
      answers(values_of(machine.answers_.all())),
      seats(values_of(machine.seats_.all())),
      owners(machine.seats_.owners_),
      former_owners(machine.seats_.former_owners_),
      takeovers(machine.seats_.takeovers_),
      reserved(machine.seats_.reserved_),
      askers(machine.ties_.askers_),
      kept_places(machine.ties_.kept_),
      wait_makers(machine.ties_.waits_),
      card_makers(machine.ties_.cards_),
      mail(machine.mail_.save()) {
  for (const TaskId& task : machine.leases_.kept_order()) {
    checkpoints.emplace_back(task, machine.leases_.kept_checkpoints().at(task));
  }
  for (const auto& [ticket, place] : machine.queue_.parked_) {
    if (const auto* lease = std::get_if<TaskId>(&place)) {
      parked_on.emplace(ticket, *lease);
    } else {
      parked_behind.emplace(ticket, std::get<std::uint64_t>(place));
    }
  }
}

// What the tables rely on, and a saved state of ours has.
bool MachineState::is_sound() const {
  std::set<std::uint64_t> tickets;
  const auto is_place = [&](const QueuedClaim& claim) {
    return claim.ticket != 0 && claim.ticket <= last_ticket && is_normal(claim.claim.paths) &&
           tickets.insert(claim.ticket).second;
  };
  std::set<SessionId> sessions;
  return limits.lease_ttl_min <= limits.lease_ttl_max && mail.is_sound() &&
         std::all_of(leases.begin(), leases.end(),
                     [](const Lease& lease) { return is_normal(lease.paths); }) &&
         std::all_of(queue.begin(), queue.end(), is_place) &&
         std::all_of(seats.begin(), seats.end(), [&](const Seat& seat) {
           return !seat.name.empty() && sessions.insert(seat.session).second;
         });
}

// All claims of a new queue are to be looked at; so are those whose place makes no sense.
void MachineState::park(Machine& made) const {
  ClaimQueue& claims = made.queue_;
  for (const auto& [ticket, lease] : parked_on) {
    if (made.leases_.find(lease) == nullptr || claims.to_look_at_.erase(ticket) == 0) continue;
    claims.park_on(claims.queue_.at(ticket), lease);
  }
  for (const auto& [ticket, earlier] : parked_behind) {
    const bool is_behind = earlier < ticket && claims.shadows_.contains(earlier);
    if (!is_behind || claims.to_look_at_.erase(ticket) == 0) continue;
    claims.park_behind(claims.queue_.at(ticket), claims.queue_.at(earlier));
  }
}

std::unique_ptr<Machine> MachineState::machine() && {
  auto made = std::make_unique<Machine>(limits, std::move(hub_id));
  for (Lease& lease : leases) made->leases_.put(std::move(lease));
  made->leases_.saw_epoch(last_epoch);
  for (auto& [task, text] : checkpoints) made->leases_.keep_checkpoint(task, std::move(text));
  for (Lapse& lapse : lapses) made->leases_.restore(std::move(lapse));
  for (QueuedClaim& claim : queue) made->queue_.add(std::move(claim));
  made->queue_.last_ticket_ = last_ticket;
  park(*made);
  for (const auto& [waiter, task] : waits) made->queue_.start_wait(waiter, task);
  for (PlanTask& task : plan) made->plan_.put(std::move(task));
  for (ProgressNote& note : progress) made->plan_.add(std::move(note));
  made->plan_.dropped_notes_ = dropped_notes;
  for (Offer& offer : offers) {
    const OfferKey key{offer.agent, offer.kind, offer.name};
    made->offers_.put(key, std::move(offer));
  }
  for (Card& card : cards) {
    const AgentName agent = card.agent;
    made->cards_.put(agent, std::move(card));
  }
  made->presence_.restore(std::move(online), std::move(last_seen));
  for (ChatMessage& message : messages) made->history_.add(std::move(message));
  made->history_.saw(last_message);
  for (AnswerRemembered& answer : answers) made->answers_.remember(std::move(answer));
  for (Seat& seat : seats) {
    made->seats_.names_[seat.name].insert(seat.session);
    const SessionId session = seat.session;
    made->seats_.seats_.insert_or_assign(session, std::move(seat));
  }
  made->seats_.owners_ = std::move(owners);
  made->seats_.former_owners_ = std::move(former_owners);
  made->seats_.takeovers_ = std::move(takeovers);
  made->seats_.reserved_ = std::move(reserved);
  made->ties_.askers_ = std::move(askers);
  made->ties_.kept_ = std::move(kept_places);
  made->ties_.waits_ = std::move(wait_makers);
  made->ties_.cards_ = std::move(card_makers);
  made->mail_.restore(std::move(mail));
  return made;
}

std::string Machine::save() const {
  ArchiveWriter writer;
  writer(MachineState(*this));
  std::string saved = std::string(magic) + writer.take();
  return saved + digest_of(saved);
}

Result<std::unique_ptr<Machine>> Machine::load(std::string_view saved) {
  const auto corrupt = [](const char* why) {
    return fail(ErrorCode::corrupt, std::string("the saved state ") + why);
  };
  if (saved.size() < magic.size() + digest_bytes || !saved.starts_with(magic.substr(0, 4))) {
    return corrupt("is none");
  }
  if (!saved.starts_with(magic)) return corrupt("is of another version");
  const std::string_view body = saved.substr(0, saved.size() - digest_bytes);
  if (digest_of(body) != saved.substr(body.size())) return corrupt("has been changed");
  ArchiveReader reader(body.substr(magic.size()));
  MachineState state;
  reader(state);
  if (reader.failed() || !reader.at_end() || !state.is_sound()) return corrupt("makes no sense");
  return std::move(state).machine();
}

}  // namespace synapse::core
