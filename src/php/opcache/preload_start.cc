#include "php/opcache/preload_start.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <pwd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/permission.h"
#include "php/ini.h"
#include "php/preload/generated_script.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

constexpr std::size_t kMostBytes = 2048;

// Shared with the process in which OPcache runs the script for another user.
struct Record {
  bool checked;                       // the start has come as far as the script
  std::array<char, kMostBytes> text;  // why it fails; it ends with a zero
};

Record* record = nullptr;  // while PHP starts
zend_result (*callback_before)() = nullptr;

// The script of the start that is under way.
std::string& started_script() noexcept {
  static std::string path;
  return path;
}

// OPcache has the entry only if it is loaded.
std::string_view script() noexcept {
  const bool runs = ini_is_on("opcache.enable") && !ini_is_on("opcache.file_cache_only");
  return runs ? ini_value("opcache.preload") : std::string_view();
}

// The first error is the one that ends the script.
void note(std::string_view text) noexcept {
  if (record == nullptr || record->text[0] != '\0') return;
  text = text.substr(0, std::min(text.find('\n'), kMostBytes - 1));
  std::memcpy(record->text.data(), text.data(), text.size());
}

void on_error(int type, zend_string* file, std::uint32_t line, zend_string* message) noexcept {
  if (record == nullptr || !record->checked || (type & E_FATAL_ERRORS) == 0) return;
  try {
    std::string text(ZSTR_VAL(message), ZSTR_LEN(message));
    text.resize(std::min(text.find('\n'), text.size()));
    const std::string name = file != nullptr ? ZSTR_VAL(file) : "";
    // "Uncaught Exception: text in /srv/preload.php:3" has it already.
    if (!name.empty() && !text.contains(" in " + name))
      text += " in " + name + ":" + std::to_string(line);
    note(text);
  } catch (...) {
    // Out of memory: the reason stays unknown.
  }
}

// What OPcache would end the process for, or would not name. Empty: nothing.
std::string mistake(const std::string& path, const std::string& user) {
  // Another path is looked for in include_path.
  if (path.starts_with('/')) {
    if (const int number = base::access_error(path, R_OK); number != 0)
      return base::denial_text(path, R_OK, number);
  }
  if (::geteuid() != 0) return {};
  if (user.empty())
    return "set opcache.preload_user, too: PHP runs as root, and runs no such script as root "
           "unless that says root";
  if (::getpwnam(user.c_str()) == nullptr)
    return "there is no user '" + user + "', which opcache.preload_user names";
  return {};
}

// Runs before OPcache runs the script in its part of start-up (accel_post_startup()).
zend_result check() noexcept {
  preload::GeneratedScript::install();
  if (record != nullptr && !script().empty()) {
    record->checked = true;
    zend_observer_error_register(on_error);
    try {
      started_script() = script();
      note(mistake(started_script(), std::string(ini_value("opcache.preload_user"))));
    } catch (...) {
      // Out of memory: OPcache will find the mistake.
    }
    if (record->text[0] != '\0') return FAILURE;
  }
  return callback_before != nullptr ? callback_before() : SUCCESS;
}

}  // namespace

PreloadStart::PreloadStart() {
  void* const memory =
      ::mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  record = memory == MAP_FAILED ? nullptr : static_cast<Record*>(memory);
}

PreloadStart::~PreloadStart() {
  if (record != nullptr) ::munmap(record, sizeof(Record));
  record = nullptr;
}

std::string PreloadStart::failure() const {
  if (record == nullptr || !record->checked) return {};
  const std::string_view text = record->text.data();
  return "opcache.preload: " + started_script() + ": " +
         (text.empty() ? "the script ends PHP's start without an error, as exit() does"
                       : std::string(text));
}

void PreloadStart::check_before_it_runs() noexcept {
  callback_before = zend_post_startup_cb;
  zend_post_startup_cb = check;
}

std::string preload_script() { return std::string(script()); }

std::string preload_user() {
  return ::geteuid() == 0 ? std::string(ini_value("opcache.preload_user")) : std::string();
}

CodeValidation code_validation() {
  constexpr std::string_view kSeconds = "opcache.revalidate_freq";
  const zend_long seconds = zend_ini_long(kSeconds.data(), kSeconds.size(), 0);
  return {.on = ini_is_on("opcache.validate_timestamps"),
          .seconds = seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0};
}

}  // namespace tusk::php::opcache
