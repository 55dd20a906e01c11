#include "php/preload/list/preload_list.h"

#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace tusk::php::preload::inline list {

namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

constexpr std::string_view kStates[] = {"recorded", "preloaded", "left out"};

FileState state_named(const std::string& name) {
  for (std::size_t i = 0; i < std::size(kStates); ++i)
    if (kStates[i] == name) return static_cast<FileState>(i);
  return FileState::kRecorded;
}

Json json_of(const std::string& path, const ListedFile& file) {
  return {{"path", path},
          {"hits", file.hits},
          {"entry", file.is_entry},
          {"state", to_string(file.state)},
          {"reason", file.reason},
          {"names", file.names},
          {"memory_bytes", file.memory_bytes},
          {"modified_ns", file.modified_ns},
          {"size_bytes", file.size_bytes}};
}

ListedFile file_of(const Json& json) {
  ListedFile file;
  json.at("hits").get_to(file.hits);
  json.at("entry").get_to(file.is_entry);
  file.state = state_named(json.at("state").get<std::string>());
  json.at("reason").get_to(file.reason);
  json.at("names").get_to(file.names);
  json.at("memory_bytes").get_to(file.memory_bytes);
  json.at("modified_ns").get_to(file.modified_ns);
  json.at("size_bytes").get_to(file.size_bytes);
  return file;
}

}  // namespace

std::string_view to_string(FileState state) { return kStates[static_cast<std::size_t>(state)]; }

std::string moved(std::string path, std::string_view from, std::string_view to) {
  if (from.empty() || to.empty() || !path.starts_with(from)) return path;
  if (path.size() <= from.size() || path[from.size()] != '/') return path;
  return std::string(to) + path.substr(from.size());
}

void PreloadList::add(const Sample& sample, const std::string& sample_base) {
  if (base.empty()) base = sample_base;
  samples += sample.requests;
  for (auto& [path, file] : files)
    if (file.state == FileState::kPreloaded) file.hits += sample.requests;
  for (const auto& [path, use] : sample.files) {
    const std::string here = moved(path, sample_base, base);
    const auto known = files.find(here);
    if (known == files.end() && files.size() >= kMostFiles) continue;
    ListedFile& file = known == files.end() ? files[here] : known->second;
    // It was used before it was preloaded, or by a process that has not preloaded it.
    if (file.state != FileState::kPreloaded) file.hits += use.hits;
    file.is_entry = file.is_entry || use.is_entry;
  }
}

void PreloadList::move_to(const std::string& new_base) {
  if (new_base == base) return;
  std::map<std::string, ListedFile, std::less<>> there;
  for (auto& [path, file] : files) there[moved(path, base, new_base)] = std::move(file);
  files = std::move(there);
  base = new_base;
}

std::string release_directory(const std::string& document_root) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::path prefix;
  fs::path link;
  for (const fs::path& part : fs::path(document_root)) {
    prefix /= part;
    if (fs::is_symlink(prefix, failed)) link = prefix;
  }
  if (link.empty()) return {};
  const fs::path real = fs::canonical(link, failed);
  return failed || !real.is_absolute() ? std::string() : real.string();
}

std::string to_json(const PreloadList& list) {
  Json files = Json::array();
  for (const auto& [path, file] : list.files) files.push_back(json_of(path, file));
  const Json json = {{"format", kFormat},
                     {"base", list.base},
                     {"samples", list.samples},
                     {"files", std::move(files)}};
  // A name that is not UTF-8 becomes that of no file.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<PreloadList> from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format").get<int>() != kFormat) return base::fail("it has another format");
    PreloadList list;
    json.at("base").get_to(list.base);
    json.at("samples").get_to(list.samples);
    for (const Json& file : json.at("files")) {
      if (list.files.size() >= PreloadList::kMostFiles) break;
      auto path = file.at("path").get<std::string>();
      if (path.starts_with('/')) list.files.emplace(std::move(path), file_of(file));
    }
    return list;
  } catch (const Json::exception& error) {
    return base::fail(error.what());
  }
}

}  // namespace tusk::php::preload::inline list
