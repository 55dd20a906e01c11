#include "php/sqlite_vfs.h"

#include <deque>
#include <string>

#include <sqlite3.h>

#include "base/guarded.h"
#include "php/libc_function.h"

namespace tusk::php {

namespace {

struct Registered {
  std::string name;
  sqlite3_vfs vfs;
};

// They stay when their threads have ended: what a request that went wrong has left open may still
// have the address.
base::Guarded<std::deque<Registered>>& all() {
  static base::Guarded<std::deque<Registered>> vfss;
  return vfss;
}

sqlite3_vfs* add_copy(const sqlite3_vfs& original) {
  const auto vfss = all().lock();
  Registered& added = vfss->emplace_back("tusk-" + std::to_string(vfss->size()), original);
  added.vfs.pNext = nullptr;
  added.vfs.zName = added.name.c_str();
  return &added.vfs;
}

}  // namespace

const char* SqliteVfs::name() noexcept {
  static const auto find = libc_function<decltype(::sqlite3_vfs_find)>("sqlite3_vfs_find");
  static const auto add = libc_function<decltype(::sqlite3_vfs_register)>("sqlite3_vfs_register");
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
  (void)libc_function<decltype(::sqlite3_vfs_unregister)>("sqlite3_vfs_unregister")(vfs_);
}

}  // namespace tusk::php
