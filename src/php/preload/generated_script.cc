#include "php/preload/generated_script.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include "php/preload/link_notes.h"
#include "php/zend.h"

namespace tusk::php::preload {

namespace {

// One that is changed while PHP starts.
struct Directive {
  std::string_view name;
  zend_ini_entry* entry = nullptr;  // null: it is not changed
  zend_string* before = nullptr;
};

struct Start {
  Arrangement arrangement;
  std::string text;
  std::size_t read = 0;
  std::string configured_script;
  Directive script{.name = "opcache.preload"};
  Directive user{.name = "opcache.preload_user"};
  bool is_used = false;  // the text above
};

std::unique_ptr<Start> start;  // while PHP starts
decltype(zend_stream_open_function) open_before = nullptr;

std::string text_of(const std::vector<std::string>& files) {
  std::string text = "<?php foreach ([\n";
  for (const std::string& file : files) {
    text += "  '";
    for (const char c : file) {
      if (c == '\\' || c == '\'') text += '\\';
      text += c;
    }
    text += "',\n";
  }
  return text + "] as $file) opcache_compile_file($file);\n";
}

zend_ini_entry* entry_of(std::string_view name) noexcept {
  return static_cast<zend_ini_entry*>(
      zend_hash_str_find_ptr(EG(ini_directives), name.data(), name.size()));
}

bool is_on(std::string_view name) noexcept {
  return zend_ini_long(name.data(), name.size(), 0) != 0;
}

// zend_alter_ini_entry() would note the change in memory of a request, and none is open.
void set(zend_ini_entry& entry, zend_string* value) noexcept {
  // No value is null, as OPcache has it.
  zend_string* const text = value != nullptr && ZSTR_LEN(value) != 0 ? value : nullptr;
  if (entry.on_modify != nullptr)
    (void)entry.on_modify(&entry, text, entry.mh_arg1, entry.mh_arg2, entry.mh_arg3,
                          ZEND_INI_STAGE_STARTUP);
  entry.value = value;
}

// Null: no value.
void change(Directive& directive, zend_string* value) noexcept {
  directive.entry = entry_of(directive.name);
  if (directive.entry == nullptr) return;
  directive.before = directive.entry->value;
  set(*directive.entry, value);
}

// OPcache keeps a pointer into the text, and yet frees it when it copies the strings of all
// directives into its memory (accel_use_shm_interned_strings()): so there is one more reference.
zend_string* lasting(std::string_view text) noexcept {
  return zend_string_copy(zend_string_init(text.data(), text.size(), true));
}

// zend_post_startup() has given this thread a copy of the entries; other threads will copy those
// that were changed.
void restore(const Directive& directive) noexcept {
  if (directive.entry == nullptr) return;
  directive.entry->value = directive.before;
  zend_ini_entry* const here = entry_of(directive.name);
  if (here != nullptr && here != directive.entry) set(*here, directive.before);
}

ssize_t read_text(void* /*handle*/, char* into, std::size_t bytes) noexcept {
  if (start == nullptr) return 0;
  bytes = std::min(bytes, start->text.size() - start->read);
  std::memcpy(into, start->text.data() + start->read, bytes);
  start->read += bytes;
  return static_cast<ssize_t>(bytes);
}

std::size_t text_bytes(void* /*handle*/) noexcept {
  return start == nullptr ? 0 : start->text.size();
}

zend_result open_script(zend_file_handle* handle) noexcept {
  const bool is_ours = start != nullptr && start->is_used && handle->filename != nullptr &&
                       std::string_view(ZSTR_VAL(handle->filename)) == GeneratedScript::kName;
  if (!is_ours) return open_before(handle);
  start->read = 0;
  handle->type = ZEND_HANDLE_STREAM;
  handle->handle.stream = {
      .handle = nullptr, .isatty = 0, .reader = read_text, .fsizer = text_bytes, .closer = nullptr};
  handle->opened_path = zend_string_copy(handle->filename);
  return SUCCESS;
}

// "Can't preload unlinked class Name: reason"
void note_warning(LinkNotes& notes, std::string_view text) noexcept {
  constexpr std::string_view kUnlinked = "Can't preload unlinked class ";
  constexpr std::string_view kDeclared = "Can't preload already declared class ";
  if (text.starts_with(kDeclared)) {
    notes.add_class(text.substr(kDeclared.size()), "a class of this name is there already");
  } else if (text.starts_with(kUnlinked)) {
    text.remove_prefix(kUnlinked.size());
    const std::size_t end = std::min(text.find(": "), text.size());
    notes.add_class(text.substr(0, end), text.substr(std::min(end + 2, text.size())));
  }
}

// OPcache ignores errors while it links classes, and tries again.
void on_error(int type, zend_string* /*file*/, std::uint32_t /*line*/,
              zend_string* message) noexcept {
  if (start == nullptr || start->arrangement.notes == nullptr) return;
  LinkNotes& notes = *start->arrangement.notes;
  const std::string_view text(ZSTR_VAL(message), ZSTR_LEN(message));
  if ((type & E_WARNING) != 0) note_warning(notes, text);
  const zend_string* const file = CG(compiled_filename);
  if ((type & E_FATAL_ERRORS) != 0 && CG(in_compilation) && file != nullptr)
    notes.add_file({ZSTR_VAL(file), ZSTR_LEN(file)}, text);
}

// OPcache runs no script as root unless it is told to. This one runs nothing of the application.
std::string own_user() {
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : "";
}

void arrange() {
  const zend_ini_entry* const configured = entry_of("opcache.preload");
  if (configured != nullptr && configured->value != nullptr)
    start->configured_script = ZSTR_VAL(configured->value);
  const bool runs = is_on("opcache.enable") && !is_on("opcache.file_cache_only");
  if (start->arrangement.kind == Arrangement::Kind::kNothing) return change(start->script, nullptr);
  if (!runs || !start->configured_script.empty() || start->arrangement.files.empty()) return;
  start->is_used = true;
  open_before = zend_stream_open_function;
  zend_stream_open_function = open_script;
  zend_observer_error_register(on_error);
  change(start->script, lasting(GeneratedScript::kName));
  if (::geteuid() == 0) change(start->user, lasting(own_user()));
}

}  // namespace

GeneratedScript::GeneratedScript(Arrangement arrangement) {
  start = std::make_unique<Start>();
  start->text = text_of(arrangement.files);
  start->arrangement = std::move(arrangement);
}

GeneratedScript::~GeneratedScript() {
  if (start->is_used) zend_stream_open_function = open_before;
  restore(start->script);
  restore(start->user);
  start.reset();
}

void GeneratedScript::install() noexcept {
  if (start == nullptr || start->arrangement.kind == Arrangement::Kind::kAsConfigured) return;
  try {
    arrange();
  } catch (...) {
    // Out of memory: PHP says what is wrong.
  }
}

const std::string& GeneratedScript::configured_script() const { return start->configured_script; }
bool GeneratedScript::is_used() const { return start->is_used; }

}  // namespace tusk::php::preload
