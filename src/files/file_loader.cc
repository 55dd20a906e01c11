#include "files/file_loader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <unistd.h>

#include "base/high_descriptor.h"
#include "files/mime.h"
#include "http/date.h"
#include "http/token.h"

namespace tusk::files {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// File times have the kernel's tick, at most 10 ms; on some file systems 2 s.
constexpr std::int64_t kTimestampStep_ns = 2 * kNanosecondsPerSecond;

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::int64_t floor_seconds(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  return nanoseconds % kNanosecondsPerSecond < 0 ? seconds - 1 : seconds;
}

struct Sibling {
  std::string_view extension;
  http::ContentCoding coding;
};
constexpr std::array<Sibling, 3> kSiblings = {{{".br", http::ContentCoding::kBrotli},
                                               {".zst", http::ContentCoding::kZstd},
                                               {".gz", http::ContentCoding::kGzip}}};

bool read_all(int fd, std::string& bytes, std::uint64_t size) {
  bool complete = false;
  bytes.resize_and_overwrite(size, [&](char* into, std::size_t wanted) {
    std::size_t have = 0;
    while (have < wanted) {
      const ssize_t got = ::pread(fd, into + have, wanted - have, static_cast<off_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    complete = have == wanted;
    return have;
  });
  return complete;
}

}  // namespace

// Reads a small file into memory and closes it. kChanged: it changed meanwhile.
FileLoader::Read FileLoader::read(FoundFile& found, Representation& into) const {
  into.bytes.clear();
  into.held = {};
  into.info = found.info;
  into.size_bytes = found.info.size_bytes;
  const bool in_memory = found.info.size_bytes <= settings_.memory_file_bytes &&
                         (usage_ == nullptr || usage_->take({.bytes = into.size_bytes}, into.held));
  if (!in_memory) return keep_open(found, into) ? Read::kDone : Read::kNoRoom;
  const bool whole = read_all(found.fd.get(), into.bytes, found.info.size_bytes) &&
                     file_info(found.fd.get()) == found.info;
  return whole ? Read::kDone : Read::kChanged;
}

// False: responses hold as many descriptors as they may.
bool FileLoader::keep_open(FoundFile& found, Representation& into) const {
  if (usage_ != nullptr && !usage_->take({.descriptors = 1}, into.held)) return false;
  into.fd = base::above_low_numbers(std::move(found.fd));
  return true;
}

bool FileLoader::looks_for_siblings(std::string_view path) const {
  return settings_.precompressed && media_type(path).compresses;
}

bool FileLoader::siblings_hold(const DocumentRoot& root, std::string_view path,
                               const ServedFile& file) const {
  if (!file.varies()) return true;
  for (const Sibling& sibling : kSiblings) {
    const RepresentationRef& known = file.in[static_cast<std::size_t>(sibling.coding)];
    // Codings that were made here have the file's own times.
    if (known == nullptr || known->info == file.identity()->info) continue;
    std::string name(path);
    name.append(sibling.extension);
    const FoundFile found = root.find(name);
    if (found.outcome != LookupOutcome::kFile || found.info != known->info) return false;
  }
  return true;
}

LoadedFile FileLoader::load(const DocumentRoot& root, std::string_view path) const {
  LoadedFile loaded;
  auto original = std::make_shared<Representation>();
  // A file that is being written is tried again a few times; if it keeps changing, it is sent from
  // its descriptor.
  for (int attempt = 0;; ++attempt) {
    FoundFile found = root.open_file(path);
    loaded.outcome = found.outcome;
    loaded.error_number = found.error_number;
    loaded.info = found.info;
    if (found.outcome != LookupOutcome::kFile) return loaded;
    Read result = read(found, *original);
    if (result == Read::kChanged && attempt == 2) {
      original->bytes.clear();
      original->info = file_info(found.fd.get());
      original->size_bytes = original->info.size_bytes;
      result = keep_open(found, *original) ? Read::kDone : Read::kNoRoom;
    }
    if (result == Read::kNoRoom) {
      loaded.outcome = LookupOutcome::kExhausted;
      loaded.error_number = kManyHeld;
      return loaded;
    }
    if (result == Read::kDone) break;
  }
  loaded.info = original->info;
  const std::int64_t newest = std::max(loaded.info.modified_ns, loaded.info.changed_ns);
  loaded.fresh = newest > now_ns() - kTimestampStep_ns;

  const MediaType type = media_type(path);
  original->content_type.assign(type.name);
  if (type.is_text && !settings_.charset.empty()) {
    original->content_type.append("; charset=").append(settings_.charset);
  }
  original->tag = entity_tag(original->info);
  // Must not be later than the response (RFC 9110 §8.8.2.1).
  original->modified_seconds =
      std::min(floor_seconds(original->info.modified_ns), floor_seconds(now_ns()));
  if (type.compresses && settings_.precompressed) {
    for (const Sibling& sibling : kSiblings) {
      loaded.file.in[static_cast<std::size_t>(sibling.coding)] =
          load_sibling(root, path, sibling.extension, sibling.coding, *original);
    }
  }
  original->may_be_compressed =
      settings_.compression.takes_file(original->content_type, original->size_bytes) &&
      !http::list_contains(settings_.cache_control.value_for(path), "no-transform");
  const Varies varies =
      loaded.file.varies() || original->may_be_compressed ? Varies::kYes : Varies::kNo;
  write_head(*original, path, varies);
  loaded.file.in[0] = std::move(original);
  return loaded;
}

RepresentationRef FileLoader::load_sibling(const DocumentRoot& root, std::string_view path,
                                           std::string_view extension, http::ContentCoding coding,
                                           const Representation& original) const {
  std::string name(path);
  name.append(extension);
  FoundFile found = root.open_file(name);
  if (found.outcome != LookupOutcome::kFile) return nullptr;
  // A sibling of an older version. Compared in seconds, which is all that archives and some file
  // systems store.
  if (floor_seconds(found.info.modified_ns) < floor_seconds(original.info.modified_ns)) {
    return nullptr;
  }
  auto sibling = std::make_shared<Representation>();
  if (read(found, *sibling) != Read::kDone) return nullptr;
  sibling->coding = coding;
  sibling->content_type = original.content_type;
  sibling->tag = entity_tag(sibling->info);
  sibling->modified_seconds = original.modified_seconds;
  write_head(*sibling, path, Varies::kYes);
  return sibling;
}

RepresentationRef FileLoader::encode(const Representation& original, http::ContentCoding coding,
                                     std::string bytes) const {
  auto encoded = std::make_shared<Representation>();
  encoded->info = original.info;
  encoded->bytes = std::move(bytes);
  encoded->size_bytes = encoded->bytes.size();
  if (usage_ != nullptr) encoded->held = usage_->force({.bytes = encoded->size_bytes});
  encoded->coding = coding;
  encoded->made_here = true;
  encoded->content_type = original.content_type;
  // The bytes differ from the original's but are always the same: it has its own strong tag.
  encoded->tag.assign(original.tag, 0, original.tag.size() - 1);
  encoded->tag.append("-").append(http::name_of(coding)).append("\"");
  encoded->modified_seconds = original.modified_seconds;
  encoded->head = original.head;
  encoded->head.set("ETag", encoded->tag);
  encoded->head.set("Content-Encoding", http::name_of(coding));
  encoded->head.set("Vary", "Accept-Encoding");
  // No ranges: another version of the encoder may produce other bytes.
  encoded->head.remove("Accept-Ranges");
  return encoded;
}

void FileLoader::write_head(Representation& representation, std::string_view path,
                            Varies varies) const {
  http::ResponseHead& head = representation.head;
  head.add("Content-Type", representation.content_type);
  if (representation.coding != http::ContentCoding::kIdentity) {
    head.add("Content-Encoding", http::name_of(representation.coding));
  }
  head.add("ETag", representation.tag);
  std::array<char, http::kDateBytes> date{};
  head.add("Last-Modified", http::format_date(representation.modified_seconds, date));
  const std::string_view cache_control = settings_.cache_control.value_for(path);
  if (!cache_control.empty()) head.add("Cache-Control", cache_control);
  if (varies == Varies::kYes) head.add("Vary", "Accept-Encoding");
  head.add("Accept-Ranges", "bytes");
}

}  // namespace tusk::files
