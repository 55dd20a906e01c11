#include "app/preload/preload_command.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "app/plan/preload_lists.h"
#include "console/terminal_text.h"
#include "php/preload/list/list_file.h"

namespace tusk::app::preload {

namespace {

using php::preload::FileState;
using php::preload::ListedFile;
using php::preload::ListFile;
using php::preload::PreloadList;

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kHitsColumns = 8;
constexpr std::size_t kMemoryColumns = 11;

int failed(const std::string& reason) {
  std::fprintf(stderr, "tusk: %s\n", reason.c_str());
  return 1;
}

std::string safe(const std::string& text) {
  return console::safe_text(text, console::terminal_charset());
}

std::string in_column(std::string text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + std::move(text);
}

std::string kibibytes(std::uint64_t bytes) {
  return std::to_string((bytes + 1023) / 1024) + " KiB";
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Those that most requests use come first.
std::vector<const std::pair<const std::string, ListedFile>*> files_in(const PreloadList& list,
                                                                      FileState state) {
  std::vector<const std::pair<const std::string, ListedFile>*> files;
  for (const auto& entry : list.files)
    if (entry.second.state == state) files.push_back(&entry);
  std::ranges::stable_sort(files, [](const auto* one, const auto* other) {
    return one->second.hits > other->second.hits;
  });
  return files;
}

std::string summary(const PreloadList& list) {
  std::uint64_t names = 0;
  std::uint64_t bytes = 0;
  for (const auto* const file : files_in(list, FileState::kPreloaded)) {
    names += file->second.names.size();
    bytes += file->second.memory_bytes;
  }
  return std::to_string(list.samples) + " requests were looked at; " +
         std::to_string(files_in(list, FileState::kPreloaded).size()) +
         " files are preloaded, with " + std::to_string(names) + " classes and functions, " +
         kibibytes(bytes) + "\n";
}

std::string section(const PreloadList& list, FileState state, const std::string& title) {
  const auto files = files_in(list, state);
  if (files.empty()) return {};
  std::string text = "\n" + title + "\n";
  for (const auto* const entry : files) {
    const ListedFile& file = entry->second;
    const bool is_preloaded = state == FileState::kPreloaded;
    text += in_column(std::to_string(file.hits), kHitsColumns) +
            in_column(is_preloaded ? kibibytes(file.memory_bytes) : std::string(), kMemoryColumns) +
            "  " + safe(entry->first);
    const std::string more = is_preloaded ? names_text(file.names) : file.reason;
    if (!more.empty()) text += "  " + safe(more);
    text += "\n";
  }
  return text;
}

std::string list_text(const std::string& path, const PreloadList& list) {
  std::string text = "list: " + safe(path) + "\n";
  if (!list.base.empty()) text += "release: " + safe(list.base) + "\n";
  return text + summary(list) +
         section(list, FileState::kPreloaded, "preloaded by the newest start of PHP") +
         section(list, FileState::kLeftOut, "left out") +
         section(list, FileState::kRecorded, "recorded for the next start of PHP");
}

// Several lists are an array in JSON.
int show(const std::vector<std::string>& paths, ListForm form) {
  const bool is_array = form == ListForm::kJson && paths.size() > 1;
  std::string text;
  for (const std::string& path : paths) {
    const base::Result<PreloadList> list = ListFile::read(path, ListFile::Owner::kAny);
    if (!list) return failed(list.error().message);
    if (!text.empty()) text += is_array ? "," : "\n";
    text += form == ListForm::kJson ? to_json(*list) : list_text(path, *list);
  }
  std::fputs((is_array ? "[" + text + "]\n" : text).c_str(), stdout);
  return 0;
}

int clear(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const base::Result<ListFile> file = ListFile::lock(path, kPatience);
    if (!file) return failed(file.error().message);
    if (const base::Result<void> written = file->write({}); !written)
      return failed(written.error().message);
  }
  std::fputs("the list is empty; what PHP has preloaded stays until it starts anew\n", stdout);
  return 0;
}

}  // namespace

int preload_command(const plan::Plan& plan, const std::vector<std::string>& words, ListForm form) {
  const std::vector<std::string> paths = plan::preload_lists(plan.process);
  const bool lists = words == std::vector<std::string>{"list"};
  if (!lists && words != std::vector<std::string>{"clear"}) {
    std::fputs("tusk: tusk preload list, or tusk preload clear?\n", stderr);
    return 2;
  }
  if (paths.empty())
    return failed("preload is off: with preload = \"auto\" tusk records what requests use");
  return lists ? show(paths, form) : clear(paths);
}

std::string preload_line(const plan::Plan& plan) {
  std::string text;
  for (const std::string& path : plan::preload_lists(plan.process)) {
    text += "preload: " + safe(path) + ": ";
    const base::Result<PreloadList> list = ListFile::read(path, ListFile::Owner::kAny);
    if (!list) {
      text += safe(list.error().message) + "\n";
    } else if (list->files.empty()) {
      text += "nothing is recorded yet\n";
    } else {
      text += std::to_string(list->files.size()) + " files are recorded, " +
              std::to_string(files_in(*list, FileState::kPreloaded).size()) + " preloaded\n";
    }
  }
  return text;
}

}  // namespace tusk::app::preload
