#include "launcher/programs.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace tusk::launcher {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kServerProgram = "tusk-server";
constexpr const char* kThisProgram = "/proc/self/exe";

bool is_this_program(const fs::path& path) {
  std::error_code failed;
  return fs::equivalent(path, kThisProgram, failed) && !failed;
}

fs::path from_search_path(const char* name) {
  const char* const variable = std::getenv("PATH");
  std::string_view directories = variable != nullptr ? variable : "";
  while (!directories.empty()) {
    const std::string_view directory = directories.substr(0, directories.find(':'));
    directories.remove_prefix(std::min(directories.size(), directory.size() + 1));
    fs::path path = fs::path(directory) / name;
    if (is_this_program(path)) return path;
  }
  return {};
}

}  // namespace

std::string find_own_program(const char* name) {
  std::error_code failed;
  const bool is_path = std::string_view(name).find('/') != std::string_view::npos;
  const fs::path path = fs::absolute(is_path ? fs::path(name) : from_search_path(name), failed);
  if (!failed && is_this_program(path)) return path.string();
  return fs::read_symlink(kThisProgram, failed).string();
}

std::string find_server_program(const std::string& own_program) {
  std::error_code failed;
  const fs::path directory = fs::canonical(own_program, failed).parent_path();
  if (failed) return {};
  for (const fs::path& candidate :
       {directory / kServerProgram, directory / "../lib/tusk" / kServerProgram}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.lexically_normal().string();
  }
  return {};
}

}  // namespace tusk::launcher
