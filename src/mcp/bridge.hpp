// SPDX-License-Identifier: AGPL-3.0-or-later
// Between one client and the hub: an agent of its own, and a thread that performs the client's
// calls in the order in which they came and keeps its leases renewed.
//
// One agent a client, since an agent's own claims never contend: assistants that shared one would
// not be kept off each other's files. One thread and not several, so that a client that sends a
// claim and a look right after it sees its claim. That a stalled hub can't pile calls up for
// minutes is seen to by the calls' deadlines, which run from when they were asked for.
//
// There need not be a hub until the first call that wants one: a client starts its servers when it
// starts itself, and does not start them again. A lost connection is the agent's to repair. What
// the hub may have forgotten meanwhile, leases are asked about and claimed again if they are gone;
// a client whose lease could not be kept is told so with its next result.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "mcp/calls.hpp"
#include "mcp/lease_book.hpp"
#include "net/mailbox.hpp"
#include "synapse/agent.hpp"

namespace synapse::mcp {

// Which files of which worktree a client means by those paths.
using ScopeResolver = std::function<Result<ClaimScope>(const std::vector<std::string>& paths)>;

struct BridgeOptions {
  // What to do when another process is the agent of the name.
  enum class Name { suggested, exact };  // Go by the one that the hub suggests; go without a hub.

  AgentOptions agent;  // With a name. How it reconnects and what it is sent is the bridge's choice.
  ScopeResolver resolve_scope;
  std::chrono::seconds lease_ttl{600};
  Name name = Name::suggested;
  // Told of the name that the agent goes by, whenever that is another; on the bridge's thread.
  std::function<void(const std::string& name)> seated = [](const std::string&) {};
};

class Bridge : public CallDesk {
 public:
  Bridge(BridgeOptions options, const base::Clock& clock, Listener listener);
  ~Bridge() override;
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  // From one thread, as long as end() was not called.
  void perform(CallId id, Call call) override;
  void cancel(CallId id) override;
  void unheard(CallId id) override;
  void attend() override;
  void end(AtEnd at_end) override;

  // From any thread: what the agent goes by; before it has a connection, what it wants to go by.
  [[nodiscard]] std::string name() const;
  // From any thread: a call that blocks ends at once, and no other begins.
  void stop();
  // From any thread, after end(): nothing more is to be done.
  [[nodiscard]] bool is_over() const { return is_over_within(std::chrono::milliseconds(0)); }
  // The same, now or before that time is up.
  [[nodiscard]] bool is_over_within(std::chrono::milliseconds patience) const;

 private:
  struct Perform {
    CallId id;
    Call call;
    std::shared_ptr<std::atomic<bool>> is_cancelled;
    Mono asked_at;
  };
  struct Unheard {
    CallId id;
  };
  struct LeaseNews {
    Json frame;
  };
  struct Attend {};
  struct LookAround {};  // Some resource has changed, or the connection is back.
  struct End {
    AtEnd at_end;
  };
  using Job = std::variant<Perform, Unheard, LeaseNews, Attend, LookAround, End>;
  // A call that waits for mail.
  struct Waiting {
    Perform job;
    Mono end;
  };

  void run();
  [[nodiscard]] bool take(Job& job);  // False: it was the last.

  // The seat on the bus (bridge_seat.cpp).
  [[nodiscard]] std::optional<Outcome> sit_down(const Perform& job);
  [[nodiscard]] Result<> take_seat();
  [[nodiscard]] Outcome no_seat(const Error& why) const;
  void try_to_attend();
  void hear(const Json& frame);
  void mark_changes(const Json& frame);
  void reconnected();

  void perform_now(const Perform& job);
  [[nodiscard]] Outcome carry_out(const Perform& job);
  [[nodiscard]] Outcome show_state(const Perform& job, const ShowState& wish);
  [[nodiscard]] Outcome who_holds(const Perform& job, const WhoHolds& asked);
  // True: the client has it.
  bool finish(const Perform& job, Outcome outcome);
  [[nodiscard]] Outcome claim(const Perform& job, const Claim& call);
  [[nodiscard]] Result<Reply> ask(const Perform& job, Json frame);
  [[nodiscard]] Error explained(Error why) const;
  void tell_changes();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> until_due() const;
  void note(std::string text);

  // Mail (bridge_mail.cpp).
  void read_inbox(const Perform& job, Mono wait_end);
  void look_for_waiting();
  void mention_mail(Outcome& outcome);

  // Leases (bridge_leases.cpp).
  void take_news(const Json& frame);
  void renew_one();
  void lose_if_refused(const std::string& task_id, const Result<Reply>& reply);
  void lose(const std::string& task_id, const std::string& why);
  void lose_all(const std::string& why);
  void tell_of_ends();
  void give_back(const std::string& task_id);
  void give_all_back();

  const BridgeOptions options_;
  const base::Clock& clock_;
  const Listener listener_;
  // Of calls that may be under way; the owner's thread alone.
  std::map<CallId, std::weak_ptr<std::atomic<bool>>> cancel_flags_;

  net::Mailbox<Job> jobs_;
  std::atomic<unsigned> changed_ = 0;     // A bit a resource.
  std::atomic<bool> is_back_ = false;     // The connection, since the leases were doubted last.
  std::atomic<bool> has_mail_ = false;    // There may be some.
  std::atomic<bool> is_stopped_ = false;  // By stop().
  std::promise<void> over_;
  const std::shared_future<void> is_over_ = over_.get_future().share();

  // The bridge's thread alone.
  LeaseBook leases_;
  std::vector<Waiting> waiting_;
  std::vector<std::string> notes_;  // For the next result.
  bool is_seated_ = false;          // Since then the connection is the agent's to repair.
  bool is_attended_ = false;        // Somebody wants to hear of changes.
  Mono next_try_{0};                // To be seated, for those.

  // The last to be made and the first to go: their callbacks use what is above.
  Agent agent_;
  std::thread thread_;
};

}  // namespace synapse::mcp
