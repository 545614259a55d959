// SPDX-License-Identifier: AGPL-3.0-or-later
// ShakyVfs: the file system under a real SQLite, which fails on demand and remembers what a power
// cut would leave.
//
// Used by tests of the real store, from one thread at a time; files opened through it go to the
// real file system. A file's content counts as on the disk when it is synced; what was written
// since then is what a power cut loses.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

struct sqlite3_vfs;

namespace synapse::test {

class ShakyVfs {
 public:
  // Registers itself with SQLite, under a name of its own, while it lives.
  ShakyVfs();
  ~ShakyVfs();
  ShakyVfs(const ShakyVfs&) = delete;
  ShakyVfs& operator=(const ShakyVfs&) = delete;

  [[nodiscard]] const char* name() const { return name_.c_str(); }

  // The n-th call from now (1: the next one), and `times` calls from there on, return this SQLite
  // code.
  void fail_writes(int n, int code, int times = 1) { writes_ = {n, times, code}; }
  void fail_syncs(int n, int code, int times = 1) { syncs_ = {n, times, code}; }
  void heal() { writes_ = syncs_ = {}; }

  // Called instead of each pause that SQLite makes while another connection holds a lock.
  void on_wait(std::function<void()> waited) { waited_ = std::move(waited); }

  [[nodiscard]] int syncs() const { return sync_count_; }

  // Writes the files as a power cut now would leave them, into a folder.
  void write_what_is_on_disk(const std::filesystem::path& folder) const;

 private:
  friend struct ShakyFile;
  struct Fault {
    int in = 0;
    int times = 0;
    int code = 0;
    // The code to return now, or 0.
    int strike();
  };

  static int remove(sqlite3_vfs* vfs, const char* path, int sync_folder);
  static int wait(sqlite3_vfs* vfs, int microseconds);

  std::function<void()> waited_;
  std::string name_;
  sqlite3_vfs* vfs_;
  Fault writes_;
  Fault syncs_;
  int sync_count_ = 0;
  std::map<std::filesystem::path, std::string> on_disk_;
};

}  // namespace synapse::test
