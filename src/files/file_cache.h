// FileCache: what is known of the paths that were asked for lately: files with their content or
// their descriptor, directories, and that there is nothing.
//
// What it knows may be trusted
//  - for a short time (Limits::validity), in which others' changes may go unseen, and
//  - only until a script has answered: scripts write files, and whoever was told of one must find
//    it. So a site's own changes are seen at once. A script that was found is exempt: PHP opens it
//    itself, and says if it is not there any more.
// After that one fstatat(2) tells whether it still holds. The content of a file that is sent from
// its descriptor is looked at each time: with fstat(2), which costs nothing beside sending it. That
// is also why there is no inotify: what it would save is one system call a second for each file,
// and it is blind to what lies behind links, on network file systems and in other containers.
//
// It keeps at most Limits::entries paths, Limits::memory_bytes of content and names, and
// Limits::descriptors open files; beyond one of them it forgets what was not used since it last
// looked (the CLOCK algorithm).
//
// Owner: the app, one for each loop. Thread: its loop.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "files/document_root.h"
#include "files/file_loader.h"

namespace tusk::files {

class FileCache {
 public:
  struct Limits {
    std::uint64_t entries = 20'000;  // 0: nothing is kept
    std::uint64_t memory_bytes = 64 * 1024 * 1024;
    std::uint64_t descriptors = 256;
    base::Duration validity = std::chrono::seconds(1);
  };

  struct Answer {
    LookupOutcome outcome = LookupOutcome::kNotFound;
    int error_number = 0;              // as FoundFile's
    const ServedFile* file = nullptr;  // of kFile; good until the next call
  };

  struct Counters {
    std::uint64_t entries = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t descriptors = 0;
  };

  FileCache(Limits limits, FileLoader loader);
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  // A file to be sent, as DocumentRoot::open_file.
  Answer open(const DocumentRoot& root, std::string_view path);

  // A script that is to run, as DocumentRoot::find_script; without `file`.
  Answer find_script(const DocumentRoot& root, std::string_view path);

  // Scripts may have written files.
  void scripts_have_answered() noexcept { ++epoch_; }

  // PHP could not open a script that was found: what is known of scripts is looked at again.
  void script_was_not_there() noexcept { scripts_known_since_ = base::now(); }

  // `bytes` is the content of `original` in another coding: as what can be sent, and kept for as
  // long as `original` is what is at the path, below the root of that id.
  RepresentationRef add_coding(std::uint64_t root, std::string_view path,
                               const RepresentationRef& original, http::ContentCoding coding,
                               std::string bytes);

  Counters counters() const noexcept {
    return {light_.size() + heavy_.size(), memory_bytes_, descriptors_};
  }

 private:
  struct Entry {
    std::uint64_t root = 0;
    std::string path;
    LookupOutcome outcome = LookupOutcome::kNotFound;  // kFile, kDirectory or kNotFound
    int error_number = 0;                              // of kNotFound
    FileInfo info;
    bool has_file = false;
    bool fresh = false;  // see LoadedFile
    bool used = false;   // since the hand of the clock came by
    base::MonotonicTime checked{};
    base::MonotonicTime loaded{};
    std::uint64_t epoch = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t descriptors = 0;
    ServedFile file;
  };
  using Entries = std::list<Entry>;

  struct Key {
    std::uint64_t root;
    std::string_view path;  // of the Entry, once it is there

    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::uint64_t seed;  // clients choose the paths: they must not foretell where they collide
    std::size_t operator()(const Key& key) const noexcept;
  };

  Entry* lookup(std::uint64_t root, std::string_view path);
  Entry* insert(const DocumentRoot& root, std::string_view path);
  bool in_time(const Entry& entry) const noexcept {
    return now_ - entry.checked < limits_.validity;
  }
  bool trusted(const Entry& entry) const noexcept {
    return in_time(entry) && entry.epoch == epoch_;
  }
  bool still_holds(const DocumentRoot& root, Entry& entry);
  Answer load(const DocumentRoot& root, std::string_view path, Entry* entry);
  void check(Entry& entry, LookupOutcome outcome, const FileInfo& info, int error_number);
  void weigh(Entry& entry);
  void forget(Entry& entry);
  void make_room();
  void evict_one(Entries& from);

  Limits limits_;
  FileLoader loader_;
  Entries light_;  // without descriptors; the front was put there last
  Entries heavy_;  // with
  std::unordered_map<Key, Entries::iterator, Hash> places_;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t descriptors_ = 0;
  std::uint64_t epoch_ = 0;
  base::MonotonicTime scripts_known_since_{};
  base::MonotonicTime now_{};  // of the call
  ServedFile uncached_;        // what the last call found and nobody keeps
};

}  // namespace tusk::files
