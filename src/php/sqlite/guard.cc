#include "php/sqlite/guard.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include <sqlite3.h>
#include <strings.h>

#include "observe/log.h"
#include "php/libc/libc_function.h"

namespace tusk::php::sqlite {

namespace {

constexpr std::array<const char*, 4> kOfTheProcess = {
    "hard_heap_limit", "soft_heap_limit", "temp_store_directory", "data_store_directory"};

// Logged once for each of them in the life of the process: a script may do it in every request.
std::array<std::atomic<bool>, kOfTheProcess.size()> logged;

// sqlite3Pragma() passes the name without quotes, and the value, null if there is none.
bool is_of_the_process(const char* pragma, const char* value) noexcept {
  if (pragma == nullptr || value == nullptr) return false;
  for (std::size_t n = 0; n < kOfTheProcess.size(); ++n) {
    if (::strcasecmp(pragma, kOfTheProcess[n]) != 0) continue;
    if (!logged[n].exchange(true, std::memory_order_relaxed)) {
      observe::warn("ignored a script's PRAGMA that would change SQLite for all scripts",
                    {{"pragma", std::string_view(kOfTheProcess[n])}});
    }
    return true;
  }
  return false;
}

// May leave by longjmp where PHP's authorizer calls the script's.
int authorize(void* argument, int action, const char* first, const char* second,
              const char* database, const char* trigger) {
  if (action == SQLITE_PRAGMA && is_of_the_process(first, second)) return SQLITE_IGNORE;
  if (action == SQLITE_FUNCTION && second != nullptr &&
      ::strcasecmp(second, "fts3_tokenizer") == 0) {
    return SQLITE_DENY;
  }
  const auto* const connection = static_cast<const SqliteConnection*>(argument);
  if (connection == nullptr || connection->authorizer == nullptr) return SQLITE_OK;
  return connection->authorizer(connection->argument, action, first, second, database, trigger);
}

int set(sqlite3* handle, SqliteConnection* connection) noexcept {
  static const auto next =
      libc::libc_function<decltype(::sqlite3_set_authorizer)>("sqlite3_set_authorizer");
  return next(handle, authorize, connection);
}

}  // namespace

int guard_sqlite(SqliteConnection& connection) noexcept {
  return set(connection.handle, &connection);
}

void guard_closing_sqlite(sqlite3* handle) noexcept { (void)set(handle, nullptr); }

}  // namespace tusk::php::sqlite
