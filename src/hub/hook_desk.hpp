// SPDX-License-Identifier: AGPL-3.0-or-later
// Sessions of host programs, which have no socket: each is a session of the machine that lasts from
// its first call to its end, or to half an hour after its last call. Their guards claim files for
// them, task `edit/NAME/DIGEST`, and give them back.
//
// Claims that nobody made by hand must not outlive their reason, and ends are often missed. So they
// last ten minutes; a call, or a host process that is known to live, renews them; and they go at
// once when that process ends.
//
// A call's changes are entries of the ordered log like any other, and its answer leaves through the
// gate. Belongs to the hub's strand. Source: docs/protocol.md, Hooks.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/process_row.hpp"
#include "hub/entry_log.hpp"
#include "hub/hook_counts.hpp"
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

  void call(HookCall call);
  // The process of this session has ended.
  void host_ended(SessionId id, Moment now);
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
  struct Work;  // A call under way.
  static constexpr std::size_t due_max = 32;

  [[nodiscard]] Result<SessionId> open(const HookCall& call, Turn& turn);
  [[nodiscard]] bool is_anothers(const AgentName& name, const wire::HookRequest& request) const;
  [[nodiscard]] wire::HookAnswer answer(Work& work);
  void claim(Work& work, wire::HookAnswer& answer);
  void held(Work& work, const core::Refusal& refusal, wire::HookAnswer& answer);
  // A place in the queue for a path that another holds.
  void queue_up(Work& work, const std::string& path, wire::HookAnswer& answer);
  // The session writes these now: what it waited for has served.
  void give_up_places(Work& work);
  void saw(const std::vector<core::Event>& events);
  [[nodiscard]] bool is_place(const TaskId& task) const { return places_.contains(task); }
  void hand_over(Work& work, wire::HookAnswer& answer);
  // The mailbox: what has been told, and what is to be.
  void note_seen(Work& work);
  void hand_over_mail(Work& work, wire::HookAnswer& answer);
  void note_received(Work& work, std::vector<MessageId> ids);
  // What shell commands write.
  static void began_to_write(Session& session, Moment now);
  static void ended_to_write(Session& session, Moment now);
  [[nodiscard]] bool was_writing(const AgentName& name, double at) const;
  void name_watched(const Work& work, wire::HookAnswer& answer) const;
  void report_writes(Work& work, wire::HookAnswer& answer);
  // All of the session's, or those of one of its parties.
  void give_back(SessionId id, const Session& session, const std::optional<std::string>& party,
                 Turn& turn, Moment now);
  void renew(SessionId id, Session& session, Turn& turn, Moment now);
  void leave(SessionId id, Turn& turn, Moment now);
  void finish(Turn turn, const std::string& host, HookCall::Reply reply, std::string text);

  core::Outcome act(SessionId id, core::Command command, Turn& turn, Moment now);
  core::Outcome execute(core::Entry entry, Turn& turn);
  // What a host's hook claimed for this agent.
  [[nodiscard]] std::vector<const core::Lease*> claims_of(const AgentName& name) const;
  [[nodiscard]] wire::HookBrief brief(const AgentName& name) const;
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
  HookCounts counts_;
};

}  // namespace synapse::hub
