#include "php/preload/list/list_place.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace tusk::php::preload::inline list {

namespace {

std::string variable(const char* name) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text == '/' ? text : std::string();
}

std::string state_directory() {
  // systemd may name several, with colons between them.
  const std::string directories = variable("STATE_DIRECTORY");
  if (!directories.empty()) return directories.substr(0, directories.find(':'));
  if (::geteuid() == 0) return "/var/lib/tusk";
  const std::string state = variable("XDG_STATE_HOME");
  if (!state.empty()) return state + "/tusk";
  const std::string home = variable("HOME");
  // Without a home the list is root's, and cannot be written: the log says so.
  return home.empty() ? "/var/lib/tusk" : home + "/.local/state/tusk";
}

// FNV-1a: the same in every version of tusk.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

std::string hexadecimal(std::uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(number >> shift) & 15];
  return text;
}

}  // namespace

std::string automatic_list_file(const std::string& document_root) {
  return state_directory() + "/preload-" + hexadecimal(hash_of(document_root)) + ".json";
}

std::string other_list_file(const std::string& list_file, const std::string& whose) {
  std::string_view name = list_file;
  constexpr std::string_view kEnding = ".json";
  if (name.ends_with(kEnding)) name.remove_suffix(kEnding.size());
  return std::string(name) + "-" + hexadecimal(hash_of(whose)) + std::string(kEnding);
}

}  // namespace tusk::php::preload::inline list
