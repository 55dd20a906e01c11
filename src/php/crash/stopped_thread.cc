#include "php/crash/stopped_thread.h"

#include <dlfcn.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tusk::php::crash {

namespace {

// libphp loads SQLite (php/sqlite/connections.h).
template <class Function>
Function* sqlite(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

// The thread held no mutex, so it is not inside any of these functions. A statement that is not
// reset keeps its lock; an authorizer would be called on this thread.
void roll_back(sqlite::SqliteConnections& connections) noexcept {
  if (connections.empty()) return;
  const auto set_authorizer = sqlite<decltype(::sqlite3_set_authorizer)>("sqlite3_set_authorizer");
  const auto next_statement = sqlite<decltype(::sqlite3_next_stmt)>("sqlite3_next_stmt");
  const auto reset = sqlite<decltype(::sqlite3_reset)>("sqlite3_reset");
  const auto execute = sqlite<decltype(::sqlite3_exec)>("sqlite3_exec");
  if (!set_authorizer || !next_statement || !reset || !execute) return;
  connections.for_each_open([&](sqlite3* handle) {
    set_authorizer(handle, nullptr, nullptr);
    for (sqlite3_stmt* statement = next_statement(handle, nullptr); statement != nullptr;
         statement = next_statement(handle, statement)) {
      reset(statement);
    }
    execute(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  });
}

}  // namespace

void release_resources_of(ScriptThread& stopped) noexcept {
  roll_back(stopped.sqlite);
  const descriptors::DescriptorLedger& opened = stopped.descriptors;
  for (int fd = STDERR_FILENO + 1; fd <= opened.highest(); ++fd) {
    if (!opened.owns(fd)) continue;
    if (::shutdown(fd, SHUT_RDWR) != 0) ::flock(fd, LOCK_UN);
  }
}

}  // namespace tusk::php::crash
