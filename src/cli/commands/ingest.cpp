// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "store/cursor_file.hpp"
#include "store/log_reader.hpp"
#include "store/readers.hpp"

namespace synapse::cli::commands {

namespace {

struct IngestArguments {
  std::string file;
  std::int64_t since = 0;
  std::optional<std::string> cursor;
  std::optional<std::string> reader;
  std::vector<std::string> kinds;
  bool memory = false;
  bool all_kinds = false;
  std::optional<std::uint64_t> limit;
};

int ingest_failed(Context& context, const Error& error) {
  context.err << context.command << ": " << shown(error.message) << '\n';
  return exit_code::failed;
}

Result<store::LogFilter> log_filter(const IngestArguments& options) {
  store::LogFilter filter;
  filter.after = options.since;
  if (options.cursor) {
    const Result<std::int64_t> saved = store::load_cursor(*options.cursor);
    if (!saved) return saved.error();
    if (*saved > 0) filter.after = *saved;
  }
  if (options.memory) {
    filter.kinds = store::memory_kinds();
  } else if (!options.kinds.empty()) {
    filter.kinds = options.kinds;
  }
  // Somebody who names kinds gets them from wherever they are.
  if (options.all_kinds || !options.kinds.empty()) filter.own = store::LogFilter::Own::read;
  if (options.limit) filter.limit = *options.limit;
  return filter;
}

int run_as_named(Context& context, const IngestArguments& options) {
  const Result<store::LogFilter> filter = log_filter(options);
  if (!filter) return ingest_failed(context, filter.error());
  Result<store::LogReader> reader = store::LogReader::open(options.file);
  if (!reader) return ingest_failed(context, reader.error());
  std::int64_t last = filter->after;
  const Result<> read = reader->read(*filter, [&](const store::RecordView& record) {
    context.out << store::ndjson_line(record) << '\n';
    if (context.out && record.table == store::Table::events) last = record.seq;
    return context.out.good();
  });
  // A record counts as read only once it is out.
  if (!context.out.flush()) return exit_code::failed;
  // A reader that has a name is registered from its first run on.
  const bool is_new = options.reader && !std::filesystem::exists(*options.cursor);
  if (options.cursor && (last != filter->after || is_new)) {
    if (const Result<> saved = store::save_cursor(*options.cursor, last); !saved) {
      return ingest_failed(context, saved.error());
    }
  }
  return read ? exit_code::ok : ingest_failed(context, read.error());
}

int run(Context& context, const IngestArguments& given) {
  IngestArguments options = given;
  if (options.reader) {
    const Result<std::filesystem::path> cursor =
        store::reader_cursor(options.file, *options.reader);
    if (!cursor) {
      context.err << context.command << ": --reader: " << cursor.error().message << '\n';
      return exit_code::usage;
    }
    options.cursor = cursor->string();
  }
  return run_as_named(context, options);
}

}  // namespace

Runner ingest(OptionSet& set) {
  auto options = std::make_shared<IngestArguments>();
  set.argument("DB", options->file, "the event log of a hub, running or not");
  set.integer({"--since", "SEQ", "only events with larger numbers"}, options->since,
              {0, std::numeric_limits<std::int64_t>::max()});
  set.text({"--cursor", "FILE", "go on behind the number in this file, and keep it there"},
           options->cursor);
  set.text({"--reader", "NAME",
            "the same, under a name beside the log: compaction keeps what this reader has yet to "
            "read"},
           options->reader);
  set.exclusive("--reader", "--cursor");
  set.list({"--kind", "KIND", "only this kind of event (repeatable)"}, options->kinds);
  set.flag("--memory", options->memory,
           "only what a memory is made of: recall, finding, checkpoint, handoff");
  set.flag("--all-kinds", options->all_kinds,
           "also the kinds that only this program writes: lease_renewed, lease_updated, "
           "lease_extended, lease_expired");
  set.exclusive("--memory", "--kind");
  set.exclusive("--all-kinds", "--memory");
  set.integer({"--limit", "COUNT", "at most so many [all]"}, options->limit,
              {0, std::numeric_limits<std::int64_t>::max()});
  set.example("synapse ingest ~/synapse/hub.db --memory --cursor ~/.memory.cursor");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
