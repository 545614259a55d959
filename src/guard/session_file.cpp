// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/session_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/fnv1a.hpp"
#include "guard/host.hpp"
#include "wire/json_document.hpp"
#include "wire/json_writer.hpp"

namespace synapse::guard {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t session_bytes_max = 16'384;
constexpr std::size_t sessions_looked_at_max = 1024;
constexpr std::size_t sessions_per_process_max = 64;

void write_acks(wire::JsonWriter& json, const std::vector<wire::HookAck>& acks) {
  json.key("ack").begin_array();
  for (const wire::HookAck& ack : acks) {
    json.begin_object().field("msg_id", ack.id).field("hub_id", ack.hub).end_object();
  }
  json.end_array();
}

bool is_same_message(const wire::HookAck& one, const wire::HookAck& other) {
  return one.id == other.id && one.hub == other.hub;
}

std::string first_name_of(const ProcessMark& host) {
  return std::to_string(host.pid) + "-" + std::to_string(host.start);
}

std::string further_name_of(const ProcessMark& host, const std::string& session) {
  std::array<char, 17> digest{};
  std::snprintf(digest.data(), digest.size(), "%016llx",
                static_cast<unsigned long long>(base::fnv1a(session)));
  return first_name_of(host) + "-" + digest.data();
}

std::optional<ProcessMark> mark_of(const std::string& name) {
  ProcessMark mark;
  const char* const end = name.data() + name.size();
  const auto pid = std::from_chars(name.data(), end, mark.pid);
  if (pid.ec != std::errc{} || pid.ptr == end || *pid.ptr != '-') return std::nullopt;
  const auto start = std::from_chars(pid.ptr + 1, end, mark.start);
  if (start.ec != std::errc{} || (start.ptr != end && *start.ptr != '-')) return std::nullopt;
  return mark;
}

struct Found {
  ProcessMark process;
  fs::path path;
  fs::file_time_type written;
};

// What was written last comes first.
std::vector<Found> all_files(const fs::path& folder) {
  std::vector<Found> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator() && files.size() < sessions_looked_at_max;
       entry.increment(error)) {
    const auto mark = mark_of(entry->path().filename().string());
    if (!mark) continue;
    std::error_code gone;
    const fs::file_time_type written = entry->last_write_time(gone);
    if (!gone) files.push_back({*mark, entry->path(), written});
  }
  std::sort(files.begin(), files.end(),
            [](const Found& a, const Found& b) { return a.written > b.written; });
  return files;
}

std::optional<SessionFile> read_file(const fs::path& path, const ProcessMark& host) {
  const auto text = base::read_whole(path, session_bytes_max);
  if (!text) return std::nullopt;
  const auto parsed = wire::parse_json(*text, "the session file");
  if (!parsed || !parsed->is_object()) return std::nullopt;
  SessionFile file;
  file.process = host;
  file.host = wire::text_member(*parsed, "host");
  file.session = wire::text_member(*parsed, "session");
  file.name = wire::text_member(*parsed, "name");
  file.identity = wire::text_member(*parsed, "identity");
  file.was_warned = wire::flag_member(*parsed, "warned");
  file.owed = wire::text_member(*parsed, "owed");
  file.shell_since = wire::number_member(*parsed, "shell_since");
  if (const wire::Json& acks = wire::member(*parsed, "ack"); acks.is_array()) {
    for (const wire::Json& one : acks) {
      file.ack.push_back(
          {MessageId{wire::count_member(one, "msg_id")}, wire::text_member(one, "hub_id")});
    }
  }
  if (file.session.empty()) return std::nullopt;
  return file;
}

// Where the file of that session is, or is to be; nothing: nowhere. `session` blank: the first
// one's.
std::optional<fs::path> place_of(const fs::path& folder, const ProcessMark& host,
                                 const std::string& session) {
  if (folder.empty() || host.pid == 0) return std::nullopt;
  fs::path first = folder / first_name_of(host);
  if (session.empty()) return first;
  fs::path further = folder / further_name_of(host, session);
  std::error_code unknown;
  const auto known = read_file(first, host);
  const bool is_first = known ? known->session == session : !fs::exists(further, unknown);
  return is_first ? std::move(first) : std::move(further);
}

}  // namespace

fs::path sessions_folder(const base::Environment& environment) {
  const std::string runtime = environment.get("XDG_RUNTIME_DIR").value_or("");
  if (runtime.empty()) return {};
  return fs::path(runtime) / "synapse" / "sessions";
}

std::optional<SessionFile> read_session(const fs::path& folder, const ProcessMark& host,
                                        const std::string& session) {
  const auto place = place_of(folder, host, session);
  std::optional<SessionFile> file = place ? read_file(*place, host) : std::nullopt;
  if (file && !session.empty() && file->session != session) return std::nullopt;
  return file;
}

void write_session(const fs::path& folder, const ProcessMark& host, const SessionFile& session) {
  const auto place = place_of(folder, host, session.session);
  if (!place) return;
  constexpr mode_t for_user_alone = 0700;
  mkdir(folder.parent_path().c_str(), for_user_alone);
  mkdir(folder.c_str(), for_user_alone);
  wire::JsonWriter json;
  json.begin_object()
      .field("session", session.session)
      .field("name", session.name)
      .field("identity", session.identity)
      .field("host", session.host);
  if (session.was_warned) json.key("warned").boolean(true);
  if (!session.owed.empty()) json.field("owed", session.owed);
  if (session.shell_since != 0) json.field("shell_since", session.shell_since);
  if (!session.ack.empty()) write_acks(json, session.ack);
  const base::FileTraits traits{0600, base::FileTraits::Mode::exact, base::FileTraits::Sync::no};
  static_cast<void>(base::replace_file(*place, json.end_object().take(), traits));
}

void note_shell(const fs::path& folder, const ProcessMark& host, const std::string& session,
                double now) {
  std::optional<SessionFile> file = read_session(folder, host, session);
  if (!file) return;
  file->shell_since = now;
  write_session(folder, host, *file);
}

void change_acks(const fs::path& folder, const ProcessMark& host, const std::string& session,
                 const AckChange& change) {
  std::optional<SessionFile> file = read_session(folder, host, session);
  if (!file) return;
  std::erase_if(file->ack, [&change](const wire::HookAck& kept) {
    return std::any_of(change.known.begin(), change.known.end(),
                       [&kept](const auto& one) { return is_same_message(one, kept); });
  });
  file->ack.insert(file->ack.end(), change.told.begin(), change.told.end());
  if (file->ack.size() > wire::hook_acks_max) {
    const auto surplus = static_cast<std::ptrdiff_t>(file->ack.size() - wire::hook_acks_max);
    file->ack.erase(file->ack.begin(), file->ack.begin() + surplus);
  }
  write_session(folder, host, *file);
}

void remove_session(const fs::path& folder, const ProcessMark& host, const std::string& session) {
  const auto place = place_of(folder, host, session);
  std::error_code ignored;
  if (place) fs::remove(*place, ignored);
}

void remove_stale_sessions(const fs::path& folder) {
  if (folder.empty()) return;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> counts;
  for (const Found& file : all_files(folder)) {
    const std::optional<base::ProcessRow> row = base::process_row(file.process.pid);
    const bool lives = row && row->mark == file.process;
    const bool is_one_too_many =
        ++counts[{file.process.pid, file.process.start}] > sessions_per_process_max;
    std::error_code ignored;
    if (!lives || is_one_too_many) fs::remove(file.path, ignored);
  }
}

std::optional<SessionFile> find_session(const base::Environment& environment) {
  const fs::path folder = sessions_folder(environment);
  if (folder.empty()) return std::nullopt;
  const std::vector<Found> files = all_files(folder);
  if (files.empty()) return std::nullopt;
  for (const HostTraits& host : all_hosts()) {
    if (host.session_variable.empty()) continue;
    const std::string id = environment.get(std::string(host.session_variable)).value_or("");
    if (id.empty()) continue;
    for (const Found& one : files) {
      auto file = read_file(one.path, one.process);
      if (file && file->session == id && !file->name.empty()) return file;
    }
  }
  for (const ProcessMark& mark : ancestors()) {
    for (const Found& one : files) {
      if (one.process != mark) continue;
      if (auto file = read_file(one.path, mark); file && !file->name.empty()) return file;
    }
  }
  return std::nullopt;
}

}  // namespace synapse::guard
