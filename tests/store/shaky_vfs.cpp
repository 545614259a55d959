// SPDX-License-Identifier: AGPL-3.0-or-later
#include "shaky_vfs.hpp"

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>

namespace synapse::test {

// What SQLite holds for an open file: this, and behind it the real file system's own.
struct ShakyFile {
  sqlite3_file base;
  ShakyVfs* shaky;
  const char* path;  // SQLite's; lives as long as the file is open. Null for a nameless one.

  static ShakyFile* of(sqlite3_file* file) { return reinterpret_cast<ShakyFile*>(file); }
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  static int close(sqlite3_file* file) { return real_of(file)->pMethods->xClose(real_of(file)); }
  static int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 at) {
    return real_of(file)->pMethods->xRead(real_of(file), to, amount, at);
  }
  static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 at) {
    const int struck = of(file)->shaky->writes_.strike();
    if (struck != 0) return struck;
    return real_of(file)->pMethods->xWrite(real_of(file), from, amount, at);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
  }
  static int sync(sqlite3_file* file, int flags) {
    ShakyVfs& shaky = *of(file)->shaky;
    const int struck = shaky.syncs_.strike();
    if (struck != 0) return struck;
    ++shaky.sync_count_;
    const int code = real_of(file)->pMethods->xSync(real_of(file), flags);
    if (of(file)->path != nullptr) {
      std::ifstream content(of(file)->path, std::ios::binary);
      shaky.on_disk_[of(file)->path].assign(std::istreambuf_iterator<char>(content), {});
    }
    return code;
  }
  static int size(sqlite3_file* file, sqlite3_int64* size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
  }
  static int lock(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
  }
  static int check_lock(sqlite3_file* file, int* held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
  }
  static int control(sqlite3_file* file, int op, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
  }
  static int sector(sqlite3_file* file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
  }
  static int traits(sqlite3_file* file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
  }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, at);
  }
  static int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
  }
  static void shm_barrier(sqlite3_file* file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
  }
  static int shm_unmap(sqlite3_file* file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
  }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    static const sqlite3_io_methods methods = {2,           close,     read,    write,   truncate,
                                               sync,        size,      lock,    unlock,  check_lock,
                                               control,     sector,    traits,  shm_map, shm_lock,
                                               shm_barrier, shm_unmap, nullptr, nullptr};
    auto* mine = new (file) ShakyFile{{nullptr}, static_cast<ShakyVfs*>(vfs->pAppData), path};
    sqlite3_vfs* root = sqlite3_vfs_find(nullptr);
    const int code = root->xOpen(root, path, mine->real(), flags, out);
    if (code == SQLITE_OK) mine->base.pMethods = &methods;
    return code;
  }

 private:
  static sqlite3_file* real_of(sqlite3_file* file) { return of(file)->real(); }
};

namespace {

// The other calls know nothing of open files and go to the real file system as they are.
sqlite3_vfs* root() { return sqlite3_vfs_find(nullptr); }
int access(sqlite3_vfs*, const char* path, int flags, int* out) {
  return root()->xAccess(root(), path, flags, out);
}
int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  return root()->xFullPathname(root(), path, size, out);
}

}  // namespace

ShakyVfs::ShakyVfs() {
  static int count = 0;
  name_ = "shaky-" + std::to_string(++count);
  vfs_ = new sqlite3_vfs(*sqlite3_vfs_find(nullptr));
  vfs_->szOsFile += static_cast<int>(sizeof(ShakyFile));
  vfs_->pNext = nullptr;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = ShakyFile::open;
  vfs_->xDelete = remove;
  vfs_->xAccess = access;
  vfs_->xFullPathname = full_path;
  vfs_->xSleep = wait;
  if (sqlite3_vfs_register(vfs_, 0) != SQLITE_OK) throw std::runtime_error("no VFS");
}

ShakyVfs::~ShakyVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

int ShakyVfs::remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  // As if the folder were synced at once. It is, with the first sync of a new WAL, before which
  // nothing is promised.
  static_cast<ShakyVfs*>(vfs->pAppData)->on_disk_.erase(path);
  return root()->xDelete(root(), path, sync_folder);
}

int ShakyVfs::wait(sqlite3_vfs* vfs, int microseconds) {
  const auto& waited = static_cast<ShakyVfs*>(vfs->pAppData)->waited_;
  if (!waited) return root()->xSleep(root(), microseconds);
  waited();
  return microseconds;
}

int ShakyVfs::Fault::strike() {
  if (code == 0 || --in > 0) return 0;
  if (times-- > 0) return code;
  code = 0;
  return 0;
}

void ShakyVfs::write_what_is_on_disk(const std::filesystem::path& folder) const {
  for (const auto& [path, content] : on_disk_) {
    std::ofstream file(folder / path.filename(), std::ios::binary);
    file << content;
    if (!file.flush()) throw std::runtime_error("can't write to " + folder.string());
  }
}

}  // namespace synapse::test
