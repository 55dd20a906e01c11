#include "php/sqlite/connections.h"

#include <algorithm>

#include <sqlite3.h>

#include "observe/log.h"
#include "php/libc/blocking_calls.h"
#include "php/libc/libc_function.h"
#include "php/script_thread.h"
#include "php/sqlite/guard.h"

namespace tusk::php::sqlite {

void SqliteConnections::opened(sqlite3* handle) noexcept {
  open_.push_back(std::make_unique<SqliteConnection>(handle));
}

void SqliteConnections::closed(sqlite3* handle) noexcept {
  std::erase_if(open_, [&](const auto& connection) { return connection->handle == handle; });
}

SqliteConnection* SqliteConnections::find(sqlite3* handle) noexcept {
  const auto found = std::ranges::find(open_, handle, [](const auto& one) { return one->handle; });
  return found == open_.end() ? nullptr : found->get();
}

namespace {

int set_busy_timeout(sqlite3* handle, int milliseconds) noexcept {
  static const auto next =
      libc::libc_function<decltype(::sqlite3_busy_timeout)>("sqlite3_busy_timeout");
  return next(handle, milliseconds);
}

}  // namespace

// sqliteDefaultBusyCallback() counts how long it has slept and compares that with the connection's
// time-out. Without a handler, sqlite3InvokeBusyHandler() is not called again.
void SqliteConnections::stop_waiting() noexcept {
  for (const auto& connection : open_) set_busy_timeout(connection->handle, 0);
  stopped_waiting_ = true;
}

void SqliteConnections::wait_again() noexcept {
  if (!stopped_waiting_) return;
  stopped_waiting_ = false;
  for (const auto& connection : open_) {
    set_busy_timeout(connection->handle, connection->busy_timeout_ms);
  }
}

void configure_sqlite() noexcept {
  static bool configured = false;
  if (configured) return;
  const auto configure =
      reinterpret_cast<decltype(::sqlite3_config)*>(::dlsym(RTLD_DEFAULT, "sqlite3_config"));
  if (configure == nullptr) return;  // this PHP has no SQLite, or not yet
  configured = true;
  // Nothing is counted then, so the limits of SQLite's heap have no effect, whichever script sets
  // them, and threads do not wait for each other to count (mallocWithAlarm() in SQLite's malloc.c).
  const int counting = configure(SQLITE_CONFIG_MEMSTATUS, 0);
  // If a database is truncated while another thread has it mapped, that thread would get a SIGBUS.
  const int mapping = configure(SQLITE_CONFIG_MMAP_SIZE, sqlite3_int64{0}, sqlite3_int64{0});
  if (counting != SQLITE_OK || mapping != SQLITE_OK) {
    observe::warn("SQLite was started before it could be configured");
  }
}

namespace {

// A statement may run for ever; SQLite calls this handler between its instructions. PHP does not
// use the handler.
void end_with_the_script(sqlite3* handle) noexcept {
  static const auto ask =
      libc::libc_function<decltype(::sqlite3_progress_handler)>("sqlite3_progress_handler");
  constexpr int kInstructions = 10'000;
  ask(handle, kInstructions, [](void*) -> int { return libc::is_told_to_end() ? 1 : 0; }, nullptr);
}

// A connection that could not be opened is closed like any other.
void guard_opened(sqlite3* handle) noexcept {
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || handle == nullptr) return;
  thread->sqlite.opened(handle);
  end_with_the_script(handle);
  guard_sqlite(*thread->sqlite.find(handle));
}

}  // namespace

}  // namespace tusk::php::sqlite

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;

extern "C" int sqlite3_open_v2(const char* file, sqlite3** handle, int flags, const char* vfs) {
  static const auto next = libc_function<decltype(::sqlite3_open_v2)>("sqlite3_open_v2");
  ScriptThread* const thread = ScriptThread::current();
  if (thread != nullptr && vfs == nullptr) vfs = thread->sqlite.vfs.name();
  const int result = next(file, handle, flags, vfs);
  tusk::php::sqlite::guard_opened(*handle);
  return result;
}

// The same as SQLite's own.
extern "C" int sqlite3_open(const char* file, sqlite3** handle) {
  return sqlite3_open_v2(file, handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
}

extern "C" int sqlite3_close(sqlite3* handle) {
  static const auto next = libc_function<decltype(::sqlite3_close)>("sqlite3_close");
  const int result = next(handle);
  ScriptThread* const thread = ScriptThread::current();
  // Refused while there are statements; then it stays open.
  if (thread != nullptr && result == SQLITE_OK) thread->sqlite.closed(handle);
  return result;
}

// A connection that has statements is closed with the last of them, and until then SQLite may call
// its authorizer: from here on an authorizer that knows no connection.
extern "C" int sqlite3_close_v2(sqlite3* handle) {
  static const auto next = libc_function<decltype(::sqlite3_close_v2)>("sqlite3_close_v2");
  ScriptThread* const thread = ScriptThread::current();
  const bool known = thread != nullptr && thread->sqlite.find(handle) != nullptr;
  // A connection whose statements have lost their owner would never be closed, nor seen again. So
  // it stays open, and php/library/orphans.h finds it.
  if (known && thread->bailout.happened) {
    (void)sqlite3_close(handle);
    return SQLITE_OK;
  }
  if (known) tusk::php::sqlite::guard_closing_sqlite(handle);
  const int result = next(handle);
  if (known) thread->sqlite.closed(handle);
  return result;
}

extern "C" int sqlite3_set_authorizer(sqlite3* handle,
                                      tusk::php::sqlite::SqliteConnection::Authorizer authorizer,
                                      void* argument) {
  static const auto next =
      libc_function<decltype(::sqlite3_set_authorizer)>("sqlite3_set_authorizer");
  ScriptThread* const thread = ScriptThread::current();
  tusk::php::sqlite::SqliteConnection* const connection =
      thread != nullptr ? thread->sqlite.find(handle) : nullptr;
  if (connection == nullptr) return next(handle, authorizer, argument);
  connection->authorizer = authorizer;
  connection->argument = argument;
  return tusk::php::sqlite::guard_sqlite(*connection);
}

// If SQLite is linked so that its own calls come here, this also serves PRAGMA busy_timeout.
extern "C" int sqlite3_busy_timeout(sqlite3* handle, int milliseconds) {
  ScriptThread* const thread = ScriptThread::current();
  tusk::php::sqlite::SqliteConnection* const connection =
      thread != nullptr ? thread->sqlite.find(handle) : nullptr;
  if (connection != nullptr) connection->busy_timeout_ms = milliseconds;
  return tusk::php::sqlite::set_busy_timeout(handle, milliseconds);
}
