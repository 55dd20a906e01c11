#include "php/library/orphans.h"

#include <dlfcn.h>
#include <sqlite3.h>
#include <unistd.h>

#include "observe/log.h"
#include "php/libc/libc_function.h"
#include "php/zend.h"

namespace tusk::php::library {

namespace {

// SQLite's functions; libphp has loaded SQLite if it has been asked to open anything.
struct Sqlite {
  decltype(::sqlite3_next_stmt)* next_statement;
  decltype(::sqlite3_finalize)* finalize;
  decltype(::sqlite3_get_autocommit)* is_idle;
};

template <class Function>
Function* sqlite_function(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

const Sqlite& sqlite() noexcept {
  static const Sqlite functions{
      sqlite_function<decltype(::sqlite3_next_stmt)>("sqlite3_next_stmt"),
      sqlite_function<decltype(::sqlite3_finalize)>("sqlite3_finalize"),
      sqlite_function<decltype(::sqlite3_get_autocommit)>("sqlite3_get_autocommit")};
  return functions;
}

// An idle persistent connection has neither.
bool is_active(sqlite3* connection) noexcept {
  return sqlite().next_statement(connection, nullptr) != nullptr ||
         sqlite().is_idle(connection) == 0;
}

template <class Visitor>
void for_each_open_socket(const ScriptThread& thread, Visitor visit) noexcept {
  thread.descriptors.for_each_of_this_request([&visit](const descriptors::OpenedDescriptor& one) {
    if (one.is_still_open()) visit(one.fd);
  });
}

bool has_orphans(ScriptThread& thread) noexcept {
  bool found = false;
  for_each_open_socket(thread, [&found](int /*fd*/) { found = true; });
  thread.sqlite.for_each_open([&found](sqlite3* one) { found = found || is_active(one); });
  return found;
}

// The descriptors that are still open may include connections that PHP keeps for later requests.
// They cannot be told apart, so the thread closes all of its persistent connections (as
// zend_destroy_rsrc_list() does at its end).
void close_persistent_connections() noexcept {
  zend_try {
    zend_hash_reverse_apply(&EG(persistent_list),
                            [](zval*) -> int { return ZEND_HASH_APPLY_REMOVE; });
  }
  zend_end_try();
}

// Rolls back, too.
void close_connection(sqlite3* connection) noexcept {
  while (sqlite3_stmt* const statement = sqlite().next_statement(connection, nullptr)) {
    sqlite().finalize(statement);
  }
  ::sqlite3_close(connection);
}

struct Left {
  int sockets = 0;
  int databases = 0;
};

// Closes the databases, and counts the sockets.
Left close_databases(ScriptThread& thread) noexcept {
  Left left;
  thread.sqlite.for_each_open([&left](sqlite3* connection) {
    close_connection(connection);
    ++left.databases;
  });
  for_each_open_socket(thread, [&left](int /*fd*/) { ++left.sockets; });
  return left;
}

void report(const RequestContext& context, const bailout::BailoutRecord& bailout,
            Left left) noexcept {
  const bool left_library = bailout.library != nullptr;
  observe::warn(left_library ? "a script ended inside a C library, which has leaked memory"
                             : "a script has left connections open; they are closed",
                {{"request", context.job->request_id},
                 {"request_id", context.job->id().view()},
                 {"script", context.job->view(context.job->script_filename)},
                 {"library", left_library ? bailout.library : "none"},
                 {"sockets_closed", left.sockets},
                 {"databases_closed", left.databases}});
}

}  // namespace

bool close_orphans(ScriptThread& thread, const RequestContext& context) noexcept {
  const bailout::BailoutRecord& bailout = thread.bailout;
  if (!bailout.happened) return true;
  Left left;
  if (has_orphans(thread)) {
    close_persistent_connections();
    left = close_databases(thread);
  }
  if (bailout.library != nullptr) context.reply->set_abandoned_library();
  if (bailout.library != nullptr || left.sockets > 0 || left.databases > 0) {
    report(context, bailout, left);
  }
  thread.has_sockets_left = left.sockets > 0;
  return !thread.has_sockets_left;
}

void close_sockets_left(ScriptThread& thread) noexcept {
  if (!thread.has_sockets_left) return;
  thread.has_sockets_left = false;
  for_each_open_socket(thread, [](int fd) { ::close(fd); });
}

}  // namespace tusk::php::library
