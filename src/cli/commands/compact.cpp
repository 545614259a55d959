// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/output/spinner.hpp"
#include "store/compaction.hpp"

namespace synapse::cli::commands {

namespace {

struct CompactArguments {
  std::string file;
  std::optional<std::int64_t> floor_seq;
  bool all = false;
  std::optional<std::int64_t> checkpoints;
  std::optional<double> finding_grace;
  bool vacuum = false;
};

store::CompactionPolicy policy_of(const CompactArguments& options) {
  store::CompactionPolicy policy;
  if (options.all) policy.consumed = store::CompactionPolicy::Everything{};
  if (options.floor_seq) policy.consumed = *options.floor_seq;
  policy.checkpoints_per_task_max = options.checkpoints;
  policy.finding_grace = options.finding_grace;
  if (options.vacuum) policy.vacuum = store::CompactionPolicy::Vacuum::yes;
  return policy;
}

int run(Context& context, const CompactArguments& options) {
  const store::CompactionPolicy policy = policy_of(options);
  if (const Result<> sound = store::check(policy); !sound) {
    context.err << "synapse compact: " << sound.error().message << '\n';
    return exit_code::usage;
  }
  const Result<store::CompactionResult> result = [&] {
    const Spinner spinner(context, "compacting " + shown(options.file));
    return store::compact(options.file, policy, context.clock.now().wall);
  }();
  if (!result) {
    context.err << "synapse compact: " << shown(result.error().message) << '\n';
    return exit_code::failed;
  }
  context.out << "compacted below seq " << result->floor_seq << ": removed " << result->checkpoints
              << " checkpoint(s), " << result->findings << " finding(s)";
  // Said where there is something to say: the rest of the line is what other programs look for.
  if (result->renewals > 0) context.out << ", " << result->renewals << " renewal(s)";
  context.out << (options.vacuum ? " (vacuumed)" : "") << '\n';
  return exit_code::ok;
}

}  // namespace

Runner compact(OptionSet& set) {
  auto options = std::make_shared<CompactArguments>();
  set.argument("DB", options->file, "the event log of a hub, running or not");
  set.integer({"--floor-seq", "SEQ", "readers have consumed the events up to this number"},
              options->floor_seq, {0, std::numeric_limits<std::int64_t>::max()});
  set.flag("--all", options->all, "readers have consumed all, or there are none");
  set.exclusive("--all", "--floor-seq");
  set.integer({"--max-checkpoints-per-task", "COUNT", "keep only each task's newest"},
              options->checkpoints);
  set.number({"--finding-grace-seconds", "SECONDS",
              "drop findings that have been invalid for longer than this"},
             options->finding_grace, {0, 1e12});
  set.flag("--vacuum", options->vacuum,
           "give the room back to the file system; a running hub waits meanwhile");
  set.example("synapse compact ~/synapse/hub.db --all --max-checkpoints-per-task 5 --vacuum");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
