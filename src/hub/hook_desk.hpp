// SPDX-License-Identifier: AGPL-3.0-or-later
// Sessions of host programs, which have no socket: each is a session of the machine that lasts from
// its first call to its end, or to half an hour after its last call. Their guards claim files for
// them, task `edit/NAME/DIGEST`, and give them back.
//
// Claims that nobody made by hand must not outlive their reason, and ends are often missed. So they
// last ten minutes; a call, or a host process that is known to live, renews them; and they go at
// once when that process ends.
//
// A call's changes are entries of the ordered log like any other, each asked for when the one
// before it has come out, and its answer leaves through the gate. So a call is a flow, which goes
// on when the engine hands over what came of its entry. The work of one session is done in order,
// and that of several beside each other. Belongs to the hub's strand. Source: docs/protocol.md,
// Hooks.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/process_row.hpp"
#include "hub/entry_log.hpp"
#include "hub/flow.hpp"
#include "hub/hook_counts.hpp"
#include "hub/lease_snapshot.hpp"
#include "hub/room.hpp"
#include "wire/hook.hpp"

namespace synapse::hub {

struct HookOptions {
  std::chrono::nanoseconds idle{std::chrono::minutes(30)};
  std::size_t sessions_max = 1024;
};

// One call: what it asks, who asks, and where the answer goes. An Error: it was not carried out.
struct HookCall {
  using Reply = std::function<void(Result<std::string>)>;

  wire::HookRequest request;
  core::Principal principal;
  Moment now;
  Reply reply;
};

class HookDesk {
 public:
  // An id that no socket has.
  using DrawId = std::function<SessionId()>;
  // Whether that process lives, and the desk will be told when it has ended.
  using Watch = std::function<bool(SessionId, const base::ProcessMark&)>;

  HookDesk(HookOptions options, EntryLog& log, Room& room, DrawId draw_id);

  using Forget = std::function<void(SessionId)>;
  void watch_with(Watch watch, Forget forget) {
    watch_ = std::move(watch);
    forget_ = std::move(forget);
  }

  // Keeps the leases in that file while there are sessions; nothing: in none.
  void keep_snapshot(std::optional<LeaseSnapshot::File> file);

  // What follows from here is proposed; who owns the desk runs the log then.
  void call(HookCall call);
  // The process of this session has ended.
  void host_ended(SessionId id, Moment now);
  // An entry has come out of the log, and this came of it: the work that waited for it goes on.
  void came_out(const core::Entry& entry, const core::Outcome& outcome) {
    if (!awaited_.empty()) go_on(entry, outcome);
  }
  // This session lost its name: its work is given up, and its next call begins anew.
  void lost(SessionId id);
  // The same of all of them.
  void start_over();
  // All of them leave: their next calls are another hub's.
  void drain(Moment now);
  // Answers calls that have waited since then or longer with an error: what came of them is open.
  void give_up_on(Mono since, Moment now);
  // Sessions that were idle for too long leave; claims of hosts that live are renewed.
  void pass_time(Moment now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  [[nodiscard]] const HookCounts& counts() const { return counts_; }

 private:
  struct Session {
    std::string key;
    AgentName name;
    core::Principal principal;
    Mono last_call{0};
    Mono renewed_at{0};
    bool is_watched = false;                             // Its host's process is known to live.
    std::set<std::pair<std::string, std::string>> told;  // Of whose hold on which path.
    std::deque<wire::HookNotice> due;
    // Refused edits that wait for their turn, and those that have come up and were not written
    // since: the path of each claim.
    std::map<TaskId, std::string> places;
    std::uint64_t last_place = 0;
    std::map<MessageId, unsigned> tellings;  // How often it was told of an open message.
    // When its tools last wrote, by wall seconds; from 0: never; to 0: one is at it.
    double wrote_from = 0;
    double wrote_to = 0;
  };
  // Something that is done for a session, from its first entry to its last.
  struct Job {
    std::string key;
    Flow<> flow;
    SessionId id;  // Whose entries it makes; 0: none so far.
    Mono arrived{0};
    HookCall::Reply reply;  // Nothing: nobody waits for it.
    // The entry that it waits for, and where it goes on.
    std::uint64_t ticket = 0;
    std::coroutine_handle<> at;
    core::Outcome outcome;
  };
  struct Work;     // A call under way.
  struct Ordered;  // What a flow awaits.
  using Line = std::deque<std::unique_ptr<Job>>;
  static constexpr std::size_t due_max = 32;
  static constexpr std::size_t claims_per_party = 16;

  // For the session of this key: what has waited there longer comes first.
  Job* take_on(const std::string& key, SessionId id, Moment now);
  void begin(std::string key);
  void go_on(const core::Entry& entry, const core::Outcome& outcome);
  void drop_line(const std::string& key, std::string_view why);
  void forget_session(SessionId id);

  [[nodiscard]] Flow<> serve(Job& job, HookCall call);
  [[nodiscard]] Flow<> see_off(Job& job, Moment now);
  [[nodiscard]] Flow<> keep_up(Job& job, Moment now);
  [[nodiscard]] Flow<Result<SessionId>> open(Job& job, const HookCall& call);
  [[nodiscard]] bool is_anothers(const AgentName& name, const wire::HookRequest& request) const;
  [[nodiscard]] Flow<wire::HookAnswer> answer(Work& work);
  [[nodiscard]] Flow<> claim(Work& work, wire::HookAnswer& answer);
  // One claim for each subagent and worktree of a session; more where one is full.
  [[nodiscard]] static TaskId claim_id(const AgentName& name, const wire::HookRequest& request,
                                       std::size_t number);
  // Leaves in `missing` what was not the session's before.
  [[nodiscard]] Flow<core::Outcome> claim_paths(Work& work, std::vector<std::string>& missing);
  // The tool that these paths were claimed for does not run.
  [[nodiscard]] Flow<> undo(Work& work);
  [[nodiscard]] Flow<> held(Work& work, const core::Refusal& refusal, wire::HookAnswer& answer);
  // A place in the queue for a path that another holds.
  [[nodiscard]] Flow<> queue_up(Work& work, std::string path, wire::HookAnswer& answer);
  // The session writes these now: what it waited for has served.
  [[nodiscard]] Flow<> give_up_places(Work& work);
  void saw(const std::vector<core::Event>& events, Moment now);
  [[nodiscard]] bool is_place(const TaskId& task) const { return places_.contains(task); }
  void hand_over(Work& work, wire::HookAnswer& answer);
  // The mailbox: what has been told, and what is to be.
  [[nodiscard]] Flow<> note_seen(Work& work);
  [[nodiscard]] Flow<> hand_over_mail(Work& work, wire::HookAnswer& answer);
  [[nodiscard]] Flow<> note_received(Work& work, std::vector<MessageId> ids);
  // What shell commands write.
  static void began_to_write(Session& session, Moment now);
  static void ended_to_write(Session& session, Moment now);
  [[nodiscard]] bool was_writing(const AgentName& name, double at) const;
  void name_watched(const Work& work, wire::HookAnswer& answer) const;
  [[nodiscard]] Flow<> report_writes(Work& work, wire::HookAnswer& answer);
  // All of the session's, or those of one of its parties.
  [[nodiscard]] Flow<> give_back(Job& job, std::optional<std::string> party, Moment now);
  [[nodiscard]] Flow<> renew(Job& job, Moment now);
  [[nodiscard]] Flow<> leave(Job& job, Moment now);
  void finish(Job& job, const HookCall& call, std::string text);

  [[nodiscard]] Flow<core::Outcome> act(Job& job, core::Command command, Moment now);
  [[nodiscard]] Ordered execute(Job& job, decltype(core::Entry::what) what, Moment now);
  // What a host's hook claimed for this agent.
  [[nodiscard]] std::vector<const core::Lease*> claims_of(const AgentName& name) const;
  [[nodiscard]] wire::HookBrief brief(const AgentName& name, const std::string& worktree) const;
  [[nodiscard]] const core::Machine& machine() const { return room_.machine(); }

  HookOptions options_;
  EntryLog& log_;
  Room& room_;
  DrawId draw_id_;
  Watch watch_;
  Forget forget_;
  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId> by_key_;  // Of host, principal and the host's own id.
  std::map<TaskId, SessionId> places_;       // Whose they are.
  std::map<std::string, Line> lines_;        // By key: what is under way, and what comes after it.
  std::map<std::uint64_t, Job*> awaited_;    // By ticket.
  std::uint64_t last_ticket_ = 0;
  HookCounts counts_;
  std::optional<LeaseSnapshot> snapshot_;
};

}  // namespace synapse::hub
