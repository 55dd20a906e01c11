// FileCache: remembers recently requested paths: files with their content or descriptor,
// directories, and paths where nothing is.
//
// Owner: app::ServingLoop. Thread: its loop.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "files/document_root.h"
#include "files/file_loader.h"
#include "observe/scoreboard/metrics_shard.h"

namespace tusk::files {

// An entry is trusted
//  - for a short time (Limits::validity), in which changes by others may go unnoticed, and
//  - only until a script has answered: scripts write files, and a client that is told about a file
//    must find it. So a site's own changes show at once. Scripts are exempt: PHP opens them itself
//    and reports missing ones. A script that was missing is looked for each time.
// Afterwards one fstatat(2) tells whether the entry still holds. A file that is sent from its
// descriptor is checked each time by fstat(2), which costs nothing compared to sending. This is
// also why inotify is not used: it would save one system call per second and file, and it does not
// see changes behind links, on network file systems and in other containers.
//
// The cache holds at most Limits::entries paths, Limits::memory_bytes of content and names, and
// Limits::descriptors open files. Beyond any of these it evicts entries that were not used lately
// (the CLOCK algorithm).
class FileCache {
 public:
  struct Limits {
    std::uint64_t entries = 20'000;  // 0: no cache
    std::uint64_t memory_bytes = 64 * 1024 * 1024;
    std::uint64_t descriptors = 256;
    base::Duration validity = std::chrono::seconds(1);
  };

  struct Answer {
    LookupOutcome outcome = LookupOutcome::kNotFound;
    int error_number = 0;              // as in FoundFile
    const ServedFile* file = nullptr;  // for kFile; valid until the next call
  };

  struct Counters {
    std::uint64_t entries = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t descriptors = 0;
  };

  // Counts on `metrics`, if that is not null.
  FileCache(Limits limits, FileLoader loader, observe::MetricsShard* metrics = nullptr);
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  // Looks up a file to send, as DocumentRoot::open_file.
  Answer open(const DocumentRoot& root, std::string_view path);

  // Looks up a script to run, as DocumentRoot::find_script. `file` is not set.
  Answer find_script(const DocumentRoot& root, std::string_view path);

  // A script has answered, so it may have written files.
  void note_script_answer() noexcept { ++epoch_; }

  // PHP could not open a script that was found: scripts must be looked up again.
  void note_missing_script() noexcept { scripts_known_since_ = base::now(); }

  // `bytes` is the content of `original` in another coding. Returns it as a representation that can
  // be sent, and keeps it as long as `original` is what is at the path below that root.
  RepresentationRef add_coding(std::uint64_t root, std::string_view path,
                               const RepresentationRef& original, http::ContentCoding coding,
                               std::string bytes);

  Counters counters() const noexcept {
    return {without_descriptors_.size() + with_descriptors_.size(), memory_bytes_, descriptors_};
  }

 private:
  struct Entry {
    std::uint64_t root = 0;
    std::string path;
    LookupOutcome outcome = LookupOutcome::kNotFound;  // kFile, kDirectory or kNotFound
    int error_number = 0;                              // for kNotFound
    FileInfo info;
    bool has_file = false;
    bool fresh = false;  // see LoadedFile
    bool used = false;   // since the clock's hand last passed
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
    std::string_view path;  // the Entry's own, once it exists

    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::uint64_t seed;  // clients choose the paths and must not predict collisions
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
  void count_lookup(bool hit) noexcept;
  void show_size() noexcept;
  void make_room();
  void evict_one(Entries& from);

  Limits limits_;
  FileLoader loader_;
  observe::MetricsShard* metrics_;
  Entries without_descriptors_;  // the newest is at the front
  Entries with_descriptors_;
  std::unordered_map<Key, Entries::iterator, Hash> places_;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t descriptors_ = 0;
  std::uint64_t epoch_ = 0;
  base::MonotonicTime scripts_known_since_{};
  base::MonotonicTime now_{};  // at the current call
  ServedFile uncached_;        // the result of the last call, if it is not cached
};

}  // namespace tusk::files
