#include "php/sqlite/vfs.h"

#include <atomic>
#include <deque>
#include <string>

#include <sqlite3.h>

#include "base/guarded.h"
#include "php/libc/blocking_calls.h"
#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace tusk::php::sqlite {

namespace {

struct Registered {
  std::string name;
  sqlite3_vfs vfs;
};

// They stay when their threads have ended: a connection that a broken request has left open may
// still have the address.
base::Guarded<std::deque<Registered>>& all() {
  static base::Guarded<std::deque<Registered>> vfss;
  return vfss;
}

// SQLite's own function, shared by all.
constinit std::atomic<int (*)(sqlite3_vfs*, int)> original_sleep = nullptr;

// A connection that waits for another's lock sleeps here, for at most 0.1 s at a time.
int sleep_unless_ending(sqlite3_vfs* vfs, int microseconds) noexcept {
  if (libc::is_told_to_end()) {
    if (auto* const thread = ScriptThread::current()) thread->sqlite.stop_waiting();
    return 0;
  }
  return original_sleep.load(std::memory_order_relaxed)(vfs, microseconds);
}

sqlite3_vfs* add_copy(const sqlite3_vfs& original) {
  const auto vfss = all().lock();
  Registered& added = vfss->emplace_back("tusk-" + std::to_string(vfss->size()), original);
  added.vfs.pNext = nullptr;
  added.vfs.zName = added.name.c_str();
  original_sleep.store(original.xSleep, std::memory_order_relaxed);
  added.vfs.xSleep = sleep_unless_ending;
  return &added.vfs;
}

}  // namespace

const char* SqliteVfs::name() noexcept {
  static const auto find = libc::libc_function<decltype(::sqlite3_vfs_find)>("sqlite3_vfs_find");
  static const auto add =
      libc::libc_function<decltype(::sqlite3_vfs_register)>("sqlite3_vfs_register");
  if (vfs_ == nullptr) {
    const sqlite3_vfs* const original = find(nullptr);
    if (original == nullptr) return nullptr;
    sqlite3_vfs* const copy = add_copy(*original);
    if (add(copy, 0) != SQLITE_OK) return nullptr;
    vfs_ = copy;
  }
  return vfs_->zName;
}

SqliteVfs::~SqliteVfs() {
  if (vfs_ == nullptr) return;
  (void)libc::libc_function<decltype(::sqlite3_vfs_unregister)>("sqlite3_vfs_unregister")(vfs_);
}

}  // namespace tusk::php::sqlite
