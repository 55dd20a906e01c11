#include "files/file_cache.h"

#include <cstring>
#include <random>
#include <utility>

namespace tusk::files {
namespace {

// Only clients that want to fill the cache ask for longer paths.
constexpr std::size_t kLongestPath = 1024;

// A new sibling of a file may go unnoticed for the validity times this.
constexpr int kNewSiblingsAfter = 10;

// The memory of an entry besides its content: the object, its place in the table, the heads.
constexpr std::uint64_t kEntryBytes = 1024;

constexpr bool kHit = true;
constexpr bool kMiss = false;

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// If the file and its siblings are unchanged, keeps the codings that were made here, so that a
// thread that makes another one can still add it.
void keep_codings(ServedFile& before, ServedFile& now) {
  const Representation& original = *now.identity();
  if (before.identity()->info != original.info) return;
  std::array<RepresentationRef, http::kContentCodings> kept = now.in;
  for (std::size_t coding = 1; coding < kept.size(); ++coding) {
    const RepresentationRef& old = before.in[coding];
    const bool made_here = old != nullptr && old->info == original.info;
    if (made_here && kept[coding] == nullptr) {
      kept[coding] = old;
    } else if ((old == nullptr) != (kept[coding] == nullptr)) {
      return;
    }
  }
  kept[0] = before.in[0];
  now.in = std::move(kept);
}

bool may_be_kept(LookupOutcome outcome) {
  return outcome == LookupOutcome::kFile || outcome == LookupOutcome::kDirectory ||
         outcome == LookupOutcome::kNotFound;
}

}  // namespace

std::size_t FileCache::Hash::operator()(const Key& key) const noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = fold(seed ^ key.root, kOdd);
  std::string_view rest = key.path;
  while (rest.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, rest.data(), 8);
    hash = fold(hash ^ word, kOdd ^ seed);
    rest.remove_prefix(8);
  }
  std::uint64_t word = key.path.size();
  for (const char c : rest) word = (word << 8) | static_cast<unsigned char>(c);
  return fold(hash ^ word, kOdd ^ seed);
}

FileCache::FileCache(Limits limits, FileLoader loader, observe::MetricsShard* metrics)
    : limits_(limits),
      loader_(std::move(loader)),
      metrics_(metrics),
      places_(64, Hash{random_seed()}) {}

FileCache::Entry* FileCache::lookup(std::uint64_t root, std::string_view path) {
  const auto place = places_.find(Key{root, path});
  if (place == places_.end()) return nullptr;
  place->second->used = true;
  return &*place->second;
}

FileCache::Entry* FileCache::insert(const DocumentRoot& root, std::string_view path) {
  if (limits_.entries == 0 || path.size() > kLongestPath) return nullptr;
  Entry& entry = without_descriptors_.emplace_front();
  entry.root = root.id();
  entry.path.assign(path);
  places_.emplace(Key{entry.root, entry.path}, without_descriptors_.begin());
  return &entry;
}

void FileCache::check(Entry& entry, LookupOutcome outcome, const FileInfo& info, int error_number) {
  entry.outcome = outcome;
  entry.error_number = error_number;
  entry.info = info;
  entry.checked = now_;
  entry.epoch = epoch_;
}

FileCache::Answer FileCache::open(const DocumentRoot& root, std::string_view path) {
  now_ = base::now();
  Entry* entry = lookup(root.id(), path);
  if (entry != nullptr && (trusted(*entry) || still_holds(root, *entry))) {
    if (entry->outcome != LookupOutcome::kFile) {
      count_lookup(kHit);
      return {.outcome = entry->outcome, .error_number = entry->error_number};
    }
    bool current = entry->has_file;
    for (const RepresentationRef& file : entry->file.in) {
      current = current && (file == nullptr || file->is_current());
    }
    if (current) {
      count_lookup(kHit);
      return {.outcome = LookupOutcome::kFile, .file = &entry->file};
    }
  }
  count_lookup(kMiss);
  return load(root, path, entry);
}

// One system call for the file, and one for each sibling. Returns false if it must be loaded again.
bool FileCache::still_holds(const DocumentRoot& root, Entry& entry) {
  // New siblings are looked for rarely.
  const bool siblings_due = entry.has_file &&
                            now_ - entry.loaded >= kNewSiblingsAfter * limits_.validity &&
                            loader_.looks_for_siblings(entry.path);
  if (entry.fresh || siblings_due) return false;
  const FoundFile found = root.find(entry.path);
  if (!may_be_kept(found.outcome)) return false;
  const bool same = found.outcome == entry.outcome &&
                    (found.outcome != LookupOutcome::kFile || found.info == entry.info) &&
                    loader_.siblings_hold(root, entry.path, entry.file);
  if (same) check(entry, entry.outcome, entry.info, found.error_number);
  return same;
}

FileCache::Answer FileCache::load(const DocumentRoot& root, std::string_view path, Entry* entry) {
  LoadedFile loaded = loader_.load(root, path);
  if (loaded.outcome == LookupOutcome::kExhausted && descriptors_ > 0) {
    while (!with_descriptors_.empty()) forget(with_descriptors_.back());
    uncached_ = {};
    entry = lookup(root.id(), path);
    loaded = loader_.load(root, path);
  }
  // A script is a file that is not sent; its entry stays.
  const bool hidden = loaded.outcome == LookupOutcome::kNotFound && entry != nullptr &&
                      entry->outcome == LookupOutcome::kFile && !root.may_send(path);
  if (hidden) return {};
  if (entry == nullptr && may_be_kept(loaded.outcome) && root.may_send(path)) {
    entry = insert(root, path);
  }
  if (entry == nullptr || !may_be_kept(loaded.outcome)) {
    if (entry != nullptr) forget(*entry);
    uncached_ = std::move(loaded.file);
    return {.outcome = loaded.outcome,
            .error_number = loaded.error_number,
            .file = loaded.outcome == LookupOutcome::kFile ? &uncached_ : nullptr};
  }
  check(*entry, loaded.outcome, loaded.info, loaded.error_number);
  entry->loaded = now_;
  const bool is_file = loaded.outcome == LookupOutcome::kFile;
  if (is_file && entry->has_file && !entry->fresh) keep_codings(entry->file, loaded.file);
  entry->file = std::move(loaded.file);
  entry->has_file = is_file;
  entry->fresh = loaded.fresh;
  weigh(*entry);
  // The result must survive make_room().
  uncached_ = entry->file;
  make_room();
  return {.outcome = loaded.outcome,
          .error_number = loaded.error_number,
          .file = is_file ? &uncached_ : nullptr};
}

FileCache::Answer FileCache::find_script(const DocumentRoot& root, std::string_view path) {
  now_ = base::now();
  Entry* entry = lookup(root.id(), path);
  if (entry != nullptr) {
    const bool is_script = entry->outcome == LookupOutcome::kFile && !entry->has_file;
    const bool known =
        is_script ? in_time(*entry) && entry->checked > scripts_known_since_ : trusted(*entry);
    // A deployment may have removed it for a moment, and the site's only page must not be missing
    // for a second because of it.
    if (known && entry->outcome != LookupOutcome::kNotFound) {
      count_lookup(kHit);
      return {.outcome = entry->outcome, .error_number = entry->error_number};
    }
  }
  count_lookup(kMiss);
  const FoundFile found = root.find_script(path);
  const Answer answer{.outcome = found.outcome, .error_number = found.error_number};
  if (entry == nullptr && may_be_kept(found.outcome)) entry = insert(root, path);
  if (entry == nullptr) return answer;
  if (!may_be_kept(found.outcome)) {
    forget(*entry);
    return answer;
  }
  if (entry->has_file && (found.outcome != LookupOutcome::kFile || found.info != entry->info)) {
    entry->file = {};
    entry->has_file = false;
  }
  check(*entry, found.outcome, found.info, found.error_number);
  weigh(*entry);
  make_room();
  return answer;
}

RepresentationRef FileCache::add_coding(std::uint64_t root, std::string_view path,
                                        const RepresentationRef& original,
                                        http::ContentCoding coding, std::string bytes) {
  RepresentationRef encoded = loader_.encode(*original, coding, std::move(bytes));
  Entry* entry = lookup(root, path);
  if (entry == nullptr || entry->file.identity() != original) return encoded;
  entry->file.in[static_cast<std::size_t>(coding)] = encoded;
  weigh(*entry);
  make_room();
  return encoded;
}

void FileCache::count_lookup(bool hit) noexcept {
  if (metrics_ == nullptr) return;
  if (hit) {
    metrics_->add<observe::Metric::kFileCacheHits>();
  } else {
    metrics_->add<observe::Metric::kFileCacheMisses>();
  }
}

void FileCache::show_size() noexcept {
  if (metrics_ == nullptr) return;
  metrics_->set<observe::Metric::kFileCacheEntries>(places_.size());
  metrics_->set<observe::Metric::kFileCacheBytes>(memory_bytes_);
  metrics_->set<observe::Metric::kFileCacheDescriptors>(descriptors_);
}

// Updates the entry's size, and moves it to the right list.
void FileCache::weigh(Entry& entry) {
  memory_bytes_ -= entry.memory_bytes;
  descriptors_ -= entry.descriptors;
  const bool had_descriptors = entry.descriptors > 0;
  entry.memory_bytes = kEntryBytes + entry.path.size();
  entry.descriptors = 0;
  for (const RepresentationRef& file : entry.file.in) {
    if (file == nullptr) continue;
    entry.memory_bytes += file->bytes.size();
    if (file->fd) ++entry.descriptors;
  }
  memory_bytes_ += entry.memory_bytes;
  descriptors_ += entry.descriptors;
  const bool has_descriptors = entry.descriptors > 0;
  if (had_descriptors == has_descriptors) return;
  Entries& from = had_descriptors ? with_descriptors_ : without_descriptors_;
  Entries& to = has_descriptors ? with_descriptors_ : without_descriptors_;
  to.splice(to.begin(), from, places_.find(Key{entry.root, entry.path})->second);
}

void FileCache::forget(Entry& entry) {
  memory_bytes_ -= entry.memory_bytes;
  descriptors_ -= entry.descriptors;
  const auto place = places_.find(Key{entry.root, entry.path});
  const Entries::iterator at = place->second;
  Entries& list = entry.descriptors > 0 ? with_descriptors_ : without_descriptors_;
  places_.erase(place);
  list.erase(at);
  show_size();
}

void FileCache::make_room() {
  while (descriptors_ > limits_.descriptors) evict_one(with_descriptors_);
  while (!without_descriptors_.empty() &&
         without_descriptors_.size() + with_descriptors_.size() > limits_.entries)
    evict_one(without_descriptors_);
  while (!without_descriptors_.empty() && memory_bytes_ > limits_.memory_bytes)
    evict_one(without_descriptors_);
  show_size();
}

void FileCache::evict_one(Entries& from) {
  // Entries that were used are spared once.
  for (std::size_t spared = from.size(); spared > 0 && from.back().used; --spared) {
    from.back().used = false;
    from.splice(from.begin(), from, std::prev(from.end()));
  }
  forget(from.back());
  if (metrics_ != nullptr) metrics_->add<observe::Metric::kFileCacheEvictions>();
}

}  // namespace tusk::files
