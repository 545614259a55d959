// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/mail/relay_inbox.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

int relay_failed(Context& context, const Error& error) {
  context.err << context.command << ": " << shown(error.message) << '\n';
  return exit_code::failed;
}

int run(Context& context, const RelayQuery& query) {
  const Result<RelaySpan> span = read_relayed(
      query, [&context](const wire::LiteLine& line) { context.out << render_relayed(line); });
  if (!span) return relay_failed(context, span.error());
  if (!context.out.flush()) return exit_code::failed;
  const Result<> kept = keep_relay_place(query, *span);
  return kept ? exit_code::ok : relay_failed(context, kept.error());
}

}  // namespace

Runner relay(OptionSet& set) {
  auto options = std::make_shared<RelayQuery>();
  set.argument("FILE", options->file, "what a hub writes with --relay-log");
  set.integer({"--since", "BYTES", "where to start"}, options->since,
              {0, std::numeric_limits<std::int64_t>::max()});
  set.text({"--cursor", "FILE", "go on from the offset in this file, and keep it there"},
           options->cursor);
  set.text({"--for", "NAME", "only chat that addresses this name"}, options->for_name);
  set.text({"--project", "PROJECT",
            "only chat that addresses this project or anybody in it; goes before --for"},
           options->project);
  set.example("synapse relay ~/synapse/feed.ndjson --project shop --cursor ~/.shop");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
