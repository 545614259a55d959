// SPDX-License-Identifier: AGPL-3.0-or-later
#include <atomic>
#include <ostream>

#include "cli/args/quantity.hpp"
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
  std::optional<std::string> keep_history;
  std::size_t max_history = 10'000;
  std::size_t max_idempotency_keys = 1024;
  bool vacuum = false;
  bool dry_run = false;
};

constexpr double week = 7 * 86'400;

Result<store::CompactionPolicy> policy_of(const CompactArguments& options) {
  store::CompactionPolicy policy;
  if (options.all) policy.consumed = store::CompactionPolicy::Everything{};
  if (options.floor_seq) policy.consumed = *options.floor_seq;
  policy.checkpoints_per_task_max = options.checkpoints;
  policy.finding_grace = options.finding_grace;
  if (options.keep_history) {
    const Result<double> seconds = parse_duration(*options.keep_history);
    if (!seconds) return fail(seconds.error().code, "--keep-history: " + seconds.error().message);
    policy.keep_history = *seconds;
  } else if (options.checkpoints || options.finding_grace) {
    policy.keep_history = week;
  }
  policy.limits.history_max = options.max_history;
  policy.limits.answers_max = options.max_idempotency_keys;
  if (options.vacuum) policy.vacuum = store::CompactionPolicy::Vacuum::yes;
  if (options.dry_run) policy.deletes = store::CompactionPolicy::Deletes::in_theory;
  if (const Result<> sound = store::check(policy); !sound) return sound.error();
  return policy;
}

// Runs it, and shows on a terminal how far it is.
Result<store::CompactionResult> compact_log(Context& context, const CompactArguments& options,
                                            store::CompactionPolicy policy) {
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> removed{0};
  policy.go_on = [&](const store::CompactionProgress& progress) {
    records = progress.records;
    removed = progress.removed;
    return true;
  };
  const Spinner spinner(context, [&] {
    return "compacting " + shown(options.file) + ": " + std::to_string(records.load()) +
           " events read, " + std::to_string(removed.load()) + " removed";
  });
  return store::compact(options.file, policy, context.clock.now().wall);
}

void print_result(Context& context, const CompactArguments& options,
                  const store::CompactionResult& result) {
  using store::Sweepable;
  context.out << (options.dry_run ? "would compact" : "compacted") << " below seq "
              << result.floor_seq << (options.dry_run ? ": would remove " : ": removed ")
              << result.of(Sweepable::checkpoint) << " checkpoint(s), "
              << result.of(Sweepable::finding) << " finding(s)";
  // Said where there is something to say: the rest of the line is what other programs look for.
  struct Said {
    Sweepable what;
    const char* name;
  };
  for (const Said& one :
       {Said{Sweepable::renewal, "renewal(s)"}, Said{Sweepable::lease, "lease event(s)"},
        Said{Sweepable::answer, "answer(s)"}, Said{Sweepable::chat, "chat message(s)"},
        Said{Sweepable::offer, "offer(s)"}, Said{Sweepable::note, "note(s)"},
        Said{Sweepable::plan, "plan event(s)"}, Said{Sweepable::recall, "recall(s)"},
        Said{Sweepable::sighting, "sighting(s)"}, Said{Sweepable::mail, "delivery event(s)"}}) {
    if (result.of(one.what) > 0) context.out << ", " << result.of(one.what) << ' ' << one.name;
  }
  context.out << (options.vacuum && !options.dry_run ? " (vacuumed)" : "") << '\n';
  if (options.dry_run) {
    context.out << result.total() << " events, " << result.bytes << " bytes of payload\n";
  }
  if (result.held_back_by) {
    context.err << context.command << ": reader '" << *result.held_back_by << "' has got to seq "
                << result.floor_seq << "; what comes after it stays\n";
  }
}

int run(Context& context, const CompactArguments& options) {
  Result<store::CompactionPolicy> policy = policy_of(options);
  if (!policy) {
    context.err << context.command << ": " << shown(policy.error().message) << '\n';
    return exit_code::usage;
  }
  const Result<store::CompactionResult> result = compact_log(context, options, std::move(*policy));
  if (!result) {
    context.err << context.command << ": " << shown(result.error().message) << '\n';
    return exit_code::failed;
  }
  print_result(context, options, *result);
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
  set.text({"--keep-history", "DURATION",
            "drop older events that no hub needs to start, as 0, 12h or 30d [7d with one of the "
            "next two]"},
           options->keep_history);
  set.integer({"--max-checkpoints-per-task", "COUNT", "keep only each task's newest"},
              options->checkpoints);
  set.number({"--finding-grace-seconds", "SECONDS",
              "drop findings that have been invalid for longer than this"},
             options->finding_grace, {0, 1e12});
  set.integer({"--max-history", "COUNT", "chat messages that the hub keeps, as it was told"},
              options->max_history);
  set.integer({"--max-idempotency-keys", "COUNT", "answers that the hub keeps, as it was told"},
              options->max_idempotency_keys);
  set.flag("--vacuum", options->vacuum,
           "give the room back to the file system; a running hub waits meanwhile");
  set.flag("--dry-run", options->dry_run, "only say what would go");
  set.example("synapse compact ~/synapse/hub.db --all --keep-history 7d --vacuum");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
