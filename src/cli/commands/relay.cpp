// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/relay_reader.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "store/cursor_file.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli::commands {

namespace {

struct RelayArguments {
  std::string file;
  std::int64_t since = 0;
  std::optional<std::string> cursor;
  std::optional<std::string> for_name;
  std::optional<std::string> project;
};

bool is_wanted(const wire::LiteLine& line, const RelayArguments& options) {
  if (!options.for_name && !options.project) return true;
  if (line.type != "chat") return false;
  // Both given: the project, as the original has it. What is for the name is for its project too.
  return options.project ? wire::addresses_project(line.target, *options.project)
                         : wire::is_recipient(line.target, *options.for_name);
}

int relay_failed(Context& context, const Error& error) {
  context.err << "synapse relay: " << shown(error.message) << '\n';
  return exit_code::failed;
}

int run(Context& context, const RelayArguments& options) {
  std::int64_t start = options.since;
  if (options.cursor) {
    const Result<std::int64_t> saved = store::load_cursor(*options.cursor);
    if (!saved) return relay_failed(context, saved.error());
    if (*saved > 0) start = *saved;
  }
  const Result<std::int64_t> end = read_relay(options.file, start, [&](const wire::LiteLine& line) {
    if (is_wanted(line, options)) context.out << render_relayed(line);
  });
  if (!end) return relay_failed(context, end.error());
  if (!options.cursor || *end == start) return exit_code::ok;
  // A message counts as read only once it is out.
  if (!context.out.flush()) return exit_code::failed;
  const Result<> saved = store::save_cursor(*options.cursor, *end);
  return saved ? exit_code::ok : relay_failed(context, saved.error());
}

}  // namespace

Runner relay(OptionSet& set) {
  auto options = std::make_shared<RelayArguments>();
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
