// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_import.hpp"

#include <filesystem>
#include <system_error>
#include <vector>

#include "base/file.hpp"
#include "cluster/batch.hpp"
#include "hub/cluster_notes.hpp"
#include "store/log_lock.hpp"
#include "store/replay.hpp"
#include "store/wal_check.hpp"

namespace synapse::hub {

namespace {

Error not_so(const std::string& file, const std::string& why) {
  return fail(ErrorCode::bad_argument, base::quoted_path(file) + " " + why);
}

// Nothing is wrong with it, as far as that can be seen without reading it.
Result<> check_file(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail(ErrorCode::not_found, base::quoted_path(file) + " is not there");
  }
  const auto damage = store::find_wal_damage(file);
  if (!damage) return damage.error();
  if (!*damage) return {};
  return fail(ErrorCode::corrupt,
              base::quoted_path(file) +
                  "-wal is damaged: commits that were acknowledged can't be read; put a backup in "
                  "its place, or start a hub on it with --accept-loss first");
}

Result<> check_notes(store::SqliteStore& store, const std::string& file) {
  const auto hub = read_note(store, note::hub);
  if (!hub) return hub.error();
  const auto alone = read_note(store, note::alone);
  if (!alone) return alone.error();
  if (*hub && !*alone) {
    return not_so(file,
                  "is of a hub of a cluster already: start that hub with --cluster, and it goes "
                  "on. If that cluster is lost for good, start a hub on the file without "
                  "--cluster, once; then it can be imported");
  }
  const Result<bool> is_empty = store.is_empty();
  if (!is_empty) return is_empty.error();
  if (*is_empty) return not_so(file, "has no events: a hub of a cluster can begin with a new file");
  return {};
}

Result<> put_mark(store::SqliteStore& store) {
  const auto marked = read_note(store, note::import);
  if (!marked) return marked.error();
  // Once it has a number, a bus may have begun with it.
  if (*marked) return {};
  std::vector<store::Entry> notes{note_entry(note::import, packed(cluster::Origin()))};
  for (const char* of_before :
       {note::hub, note::store, note::written, note::snapshot, note::alone}) {
    notes.push_back(note_entry(of_before, ""));
  }
  return store.append(notes);
}

}  // namespace

Result<ImportedLog> mark_for_import(const std::string& file, base::Moment now) {
  if (Result<> sound = check_file(file); !sound) return sound.error();
  const auto lock = store::LogLock::acquire(file);
  if (!lock) return lock.error();
  auto opened = store::SqliteStore::open(file);
  if (!opened) return opened.error();
  store::SqliteStore& store = **opened;
  if (Result<> ready = store.keep_notes(); !ready) return ready.error();
  if (Result<> fits = check_notes(store, file); !fits) return fits.error();
  core::Machine machine({});
  const auto report = store::replay(store, machine, now, {});
  if (!report) return report.error();
  if (report->reserved) machine.saw_epoch(report->reserved->until);
  static_cast<void>(machine.fit());
  // Other hubs get it as that.
  if (const auto loaded = core::Machine::load(machine.save()); !loaded) return loaded.error();
  if (Result<> marked = put_mark(store); !marked) return marked.error();
  if (Result<> closed = store.close(); !closed) return closed.error();
  return ImportedLog{machine.leases().all().size(),
                     machine.plan().tasks().size(),
                     machine.mail().live().size(),
                     machine.leases().last_epoch().value,
                     machine.history().last_id().value,
                     report->unknown + report->undecodable,
                     report->mended.size()};
}

}  // namespace synapse::hub
