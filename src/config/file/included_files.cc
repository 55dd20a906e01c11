#include "config/file/included_files.h"

#include <cstddef>
#include <utility>

#include <glob.h>

namespace tusk::config::file {

namespace {

constexpr std::size_t kMostFiles = 256;

std::string absolute_pattern(const std::string& pattern, const std::string& path) {
  if (pattern.starts_with('/')) return pattern;
  return path.substr(0, path.rfind('/') + 1) + pattern;
}

// Sorted by name. Empty: there is none.
std::vector<std::string> files_matching(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

bool has_wildcard(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

void refuse(FileContent& content, std::string message) {
  content.errors.push_back({.message = std::move(message)});
}

// A file that is included includes no other: the order of files can be seen in one place.
void refuse_own_includes(ConfigurationFile& file) {
  if (!file.content.includes.empty())
    refuse(file.content, file.path + ": include belongs to the file that --config names");
}

}  // namespace

ConfigurationFiles read_files(const std::string& path) {
  ConfigurationFiles all;
  all.files.push_back({.path = path, .content = read_toml_file(path)});
  all.text = all.files.front().content.text;
  const std::vector<std::string> patterns = all.files.front().content.includes;
  for (const std::string& pattern : patterns) {
    const std::string whole = absolute_pattern(pattern, path);
    const std::vector<std::string> paths = files_matching(whole);
    if (paths.empty() && !has_wildcard(pattern))
      refuse(all.files.front().content, path + ": include: there is no " + whole);
    for (const std::string& included : paths) {
      if (all.files.size() > kMostFiles) {
        refuse(all.files.front().content,
               path + ": include names more than " + std::to_string(kMostFiles) + " files");
        return all;
      }
      ConfigurationFile file{.path = included, .content = read_toml_file(included)};
      refuse_own_includes(file);
      all.text += '\0' + included + '\0' + file.content.text;
      all.files.push_back(std::move(file));
    }
  }
  return all;
}

ConfigurationFiles parse_files(std::string_view text, const std::string& path) {
  ConfigurationFiles all;
  all.text = std::string(text);
  const auto next = [&text] {
    const std::string_view part = text.substr(0, text.find('\0'));
    text.remove_prefix(part.size());
    if (!text.empty()) text.remove_prefix(1);
    return part;
  };
  all.files.push_back({.path = path, .content = parse_toml(next(), path)});
  while (!text.empty()) {
    const std::string included(next());
    all.files.push_back({.path = included, .content = parse_toml(next(), included)});
    refuse_own_includes(all.files.back());
  }
  return all;
}

}  // namespace tusk::config::file
