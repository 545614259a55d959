// SPDX-License-Identifier: AGPL-3.0-or-later
// Between the sessions and the hub: one agent, one thread that performs calls in the order in which
// they came and keeps the sessions' leases renewed.
//
// One thread and not several, so that a client that sends a claim and a look right after it sees
// its claim. That a stalled hub can't pile calls up for minutes is seen to by the calls' deadlines,
// which run from when they were asked for.
//
// A lost connection is the agent's to repair. What the hub may have forgotten meanwhile, leases are
// asked about and claimed again if they are gone; a session whose lease could not be kept is told
// so with its next result.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
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
  AgentOptions agent;  // With a name. How it reconnects and what it is sent is the bridge's choice.
  ScopeResolver resolve_scope;
  std::chrono::seconds lease_ttl{600};
};

class Bridge {
 public:
  // A session's end of the bridge, used from one thread. Calls that are under way when it goes are
  // finished unheard.
  class Line {
   public:
    Line(Bridge& bridge, Listener listener);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void perform(CallId id, Call call);
    // A call that has not begun never does. A claim that is granted all the same is given back.
    void cancel(CallId id);

   private:
    Bridge& bridge_;
    const SessionId session_;
    std::map<CallId, std::weak_ptr<std::atomic<bool>>> cancel_flags_;
  };

  Bridge(BridgeOptions options, const base::Clock& clock);
  ~Bridge();  // No Line is left by then.
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  // Before anything else, once. Errors: those of Agent::connect(); where another process is the
  // agent of the name, the bridge goes by the name that the hub suggests.
  [[nodiscard]] Result<> connect();
  // From any thread: what it goes by.
  [[nodiscard]] std::string name() const { return agent_.name(); }
  // From any thread: a connect() or call that blocks ends at once, and no other begins.
  void stop();

 private:
  struct Open {
    SessionId session;
    Listener listener;
  };
  struct Close {
    SessionId session;
  };
  struct Perform {
    SessionId session;
    CallId id;
    Call call;
    std::shared_ptr<std::atomic<bool>> is_cancelled;
    Mono asked_at;
  };
  struct LeaseNews {
    Json frame;
  };
  struct LookAround {};  // Some resource has changed, or the connection is back.
  // A call that waits for mail.
  struct Waiting {
    Perform job;
    Mono end;
  };
  struct Quit {};
  using Job = std::variant<Open, Close, Perform, LeaseNews, LookAround, Quit>;

  struct Client {
    Listener listener;
    std::vector<std::string> notes;
  };

  [[nodiscard]] Result<> take_seat();
  void run();
  void hear(const Json& frame);
  void mark_changes(const Json& frame);
  void reconnected();

  void perform(const Perform& job);
  [[nodiscard]] std::optional<Outcome> seat_again();
  [[nodiscard]] Outcome carry_out(const Perform& job);
  // True: the client has it.
  bool finish(const Perform& job, Outcome outcome);
  void read_inbox(const Perform& job, Mono wait_end);
  void look_for_waiting();
  void mention_mail(Outcome& outcome);
  [[nodiscard]] Outcome claim(const Perform& job, const Claim& call);
  [[nodiscard]] Result<Reply> ask(const Perform& job, Json frame);
  [[nodiscard]] Error explained(Error why) const;
  void tell_changes();
  void take_news(const Json& frame);

  [[nodiscard]] std::optional<std::chrono::nanoseconds> until_due() const;
  void renew_one();
  void lose_if_refused(const std::string& task_id, const Result<Reply>& reply);
  void lose(const std::string& task_id, const std::string& why);
  void tell_of_ends();
  void lose_all(const std::string& why);
  void note(SessionId session, std::string text);

  const BridgeOptions options_;
  const base::Clock& clock_;
  std::atomic<SessionId> last_session_ = 0;
  net::Mailbox<Job> jobs_;
  std::atomic<unsigned> changed_ = 0;  // A bit a resource.
  std::atomic<bool> is_back_ = false;
  std::atomic<bool> has_mail_ = true;  // Or may have: the hub knows.
  Agent agent_;

  // The thread's own.
  std::map<SessionId, Client> clients_;
  LeaseBook leases_;
  std::vector<Waiting> waiting_;

  std::thread thread_;
};

}  // namespace synapse::mcp
