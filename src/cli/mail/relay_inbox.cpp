// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/mail/relay_inbox.hpp"

#include "store/cursor_file.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli {

namespace {

bool is_wanted(const wire::LiteLine& line, const RelayQuery& query) {
  if (!query.for_name && !query.project) return true;
  if (line.type != "chat") return false;
  // Both given: the project, as the original has it. What is for the name is for its project too.
  return query.project ? wire::addresses_project(line.target, *query.project)
                       : wire::is_recipient(line.target, *query.for_name);
}

}  // namespace

Result<RelaySpan> read_relayed(const RelayQuery& query,
                               const std::function<void(const wire::LiteLine&)>& sink) {
  RelaySpan span{query.since, query.since};
  if (query.cursor) {
    const Result<std::int64_t> saved = store::load_cursor(*query.cursor);
    if (!saved) return saved.error();
    if (*saved > 0) span.start = *saved;
  }
  const Result<std::int64_t> end =
      read_relay(query.file, span.start, [&](const wire::LiteLine& line) {
        if (is_wanted(line, query)) sink(line);
      });
  if (!end) return end.error();
  span.end = *end;
  return span;
}

Result<> keep_relay_place(const RelayQuery& query, const RelaySpan& span) {
  if (!query.cursor || span.end == span.start) return {};
  return store::save_cursor(*query.cursor, span.end);
}

}  // namespace synapse::cli
