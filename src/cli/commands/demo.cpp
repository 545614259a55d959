// SPDX-License-Identifier: AGPL-3.0-or-later
// The first five minutes with a hub, in one second: a plan, a claim, a refusal, a hand-off.
#include <ostream>

#include "base/strings.hpp"
#include "cli/commands/commands.hpp"
#include "cli/demo/demo_agents.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/output/screen.hpp"
#include "synapse/hub.hpp"

namespace synapse::cli::commands {

namespace {

Result<std::string> ready_tasks(Agent& agent) {
  const auto frame = granted(agent.board());
  if (!frame) return frame.error();
  return shown(base::join(texts_of(member(**frame, "board"), "ready"), ", "));
}

Result<> plan_and_claim(std::ostream& out, Agent& planner, Agent& worker) {
  const Json no_more = Json::object();
  if (auto ok = granted(planner.declare_task("BUILD", "compile it", {}, no_more)); !ok) {
    return ok.error();
  }
  if (auto ok = granted(planner.declare_task("TEST", "run the suite", {"BUILD"}, no_more)); !ok) {
    return ok.error();
  }
  const Result<std::string> ready = ready_tasks(planner);
  if (!ready) return ready.error();
  out << "PLANNER declares BUILD, and TEST, which depends on it. Ready: " << *ready << '\n';

  if (auto ok = granted(worker.claim(demo_claim("BUILD", {"src"}))); !ok) return ok.error();
  out << "WORKER claims BUILD with all files under src.\n";

  const Result<std::string> why = refused(planner.claim(demo_claim("EDIT", {"src/app.py"})));
  if (!why) return why.error();
  out << "PLANNER asks for src/app.py and is refused: " << *why << '\n';
  return {};
}

Result<> finish_and_hand_off(std::ostream& out, Agent& planner, Agent& worker) {
  if (auto ok = granted(worker.checkpoint("BUILD", "package is in dist/")); !ok) {
    return ok.error();
  }
  if (auto ok = granted(worker.update_plan("BUILD", {{"status", "done"}})); !ok) {
    return ok.error();
  }
  if (auto ok = granted(worker.release("BUILD")); !ok) return ok.error();
  const Result<std::string> ready = ready_tasks(planner);
  if (!ready) return ready.error();
  out << "WORKER leaves a checkpoint and finishes BUILD. Ready: " << *ready << '\n';

  if (auto ok = granted(worker.claim(demo_claim("TEST", {"tests"}))); !ok) return ok.error();
  if (auto ok = granted(worker.hand_off("TEST", "PLANNER", "yours now")); !ok) return ok.error();
  out << "WORKER claims TEST and hands it to PLANNER; at no moment is it free.\n";
  return {};
}

Result<> play(std::ostream& out) {
  Hub hub(HubOptions{});
  if (Result<> started = hub.start(); !started) return started;
  Agent planner(demo_agent(hub.uri(), "PLANNER"));
  Agent worker(demo_agent(hub.uri(), "WORKER"));
  for (Agent* agent : {&planner, &worker}) {
    if (Result<> connected = agent->connect(); !connected) return connected;
  }
  out << "A hub of their own, and two agents on it: PLANNER and WORKER.\n";
  if (Result<> done = plan_and_claim(out, planner, worker); !done) return done;
  return finish_and_hand_off(out, planner, worker);
}

int run(Context& context, const NoArguments&) {
  if (const Result<> played = play(context.out); !played) {
    context.err << context.command << ": " << shown(played.error().message) << '\n';
    return exit_code::failed;
  }
  context.out << "success: coordination demo completed" << std::endl;
  hint(context,
       "Next: `synapse hub` in a terminal of its own, then `synapse hooks install` in a "
       "repository.");
  return exit_code::ok;
}

}  // namespace

Runner demo(OptionSet&) { return runner(std::make_shared<NoArguments>(), run); }

}  // namespace synapse::cli::commands
