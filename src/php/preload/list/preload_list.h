// PreloadList: which files requests use, and which of them PHP preloads.
//
// Thread: any; a value and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tusk::php::preload::inline list {

enum class FileState {
  kRecorded,   // requests have used it since PHP has started
  kPreloaded,  // by the newest start of PHP
  kLeftOut,    // by the newest start of PHP, for a reason
};

std::string_view to_string(FileState state);

struct ListedFile {
  std::uint64_t hits = 0;  // sampled requests that have used it
  bool is_entry = false;   // a request's own script
  FileState state = FileState::kRecorded;
  std::string reason{};              // with kLeftOut
  std::vector<std::string> names{};  // of its classes, as they are written, and functions: "name()"
  std::uint64_t memory_bytes = 0;    // in OPcache's memory
  std::int64_t modified_ns = 0;      // when PHP has started; 0: no start has looked at it
  std::uint64_t size_bytes = 0;      // the same
  bool operator==(const ListedFile&) const = default;
};

// What was recorded between two writes of the list.
struct Sample {
  std::uint64_t requests = 0;
  struct Use {
    std::uint64_t hits = 0;
    bool is_entry = false;
  };
  std::map<std::string, Use, std::less<>> files;  // by path
};

struct PreloadList {
  // More files are not recorded.
  static constexpr std::size_t kMostFiles = 20'000;

  // The directory that a link in the document root's path leads to, such as /srv/app/releases/42.
  // Files in it belong to a release, and are looked for in the next one. Empty: there is no link.
  std::string base;
  std::uint64_t samples = 0;                             // requests that were looked at
  std::map<std::string, ListedFile, std::less<>> files;  // by real path

  // Adds what was recorded while the document root led to `base`. A preloaded file counts as used
  // by every request: nobody includes it any more.
  void add(const Sample& sample, const std::string& sample_base);
  // Changes the paths of files in the release to those of another one.
  void move_to(const std::string& new_base);
};

// `path` of the directory `from` as that of `to`; others stay.
std::string moved(std::string path, std::string_view from, std::string_view to);

// The directory that the last symbolic link in the path leads to; empty: the path has no link.
std::string release_directory(const std::string& document_root);

std::string to_json(const PreloadList& list);
base::Result<PreloadList> from_json(std::string_view text);

}  // namespace tusk::php::preload::inline list
