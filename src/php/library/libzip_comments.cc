// Comments of entries of ZIP archives.
//
// libzip (1.7.3, Debian 12) copies an entry's data when a part of it is changed, and then both
// copies have the same comment. zip_file_set_comment() frees that of the new copy, even if the old
// copy shares it: the old one is read and freed again, at once or when the archive is closed. So if
// an entry had a comment when the archive was opened, and another part of it has been changed
// since, the comment stays unchanged, and ZipArchive::setCommentIndex() and setCommentName() return
// false for another one. They work before other changes, or after the archive was closed and opened
// again.
//
// libzip does not tell that an entry has changed, so the difference is detected. Setting a time to
// its old value could not be detected, and is skipped.
//
// Thread: any. None of these functions calls PHP.

#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

#include "php/libc/libc_function.h"

namespace {

using tusk::php::libc::libc_function;

// From zip.h, whose headers need not be installed.
constexpr std::uint32_t kUnchanged = 8;  // ZIP_FL_UNCHANGED
constexpr std::uint32_t kRaw = 64;       // ZIP_FL_ENC_RAW
constexpr std::uint64_t kHasName = 1;    // ZIP_STAT_NAME
constexpr std::uint64_t kHasTime = 32;   // ZIP_STAT_MTIME
constexpr int kNotSupported = 28;        // ZIP_ER_OPNOTSUPP

struct Stat {  // struct zip_stat
  std::uint64_t valid;
  const char* name;
  std::uint64_t index;
  std::uint64_t size;
  std::uint64_t compressed_size;
  std::time_t time;
  std::uint32_t crc;
  std::uint16_t compression;
  std::uint16_t encryption;
  std::uint32_t flags;
};

using GetComment = const char*(void* archive, std::uint64_t index, std::uint32_t* length,
                               std::uint32_t flags);
using SetComment = int(void* archive, std::uint64_t index, const char* comment,
                       std::uint16_t length, std::uint32_t flags);
using StatIndex = int(void* archive, std::uint64_t index, std::uint32_t flags, Stat* stat);
using GetAttributes = int(void* archive, std::uint64_t index, std::uint32_t flags,
                          std::uint8_t* system, std::uint32_t* attributes);
using SetTime = int(void* archive, std::uint64_t index, std::time_t time, std::uint32_t flags);
using GetError = void*(void* archive);
using SetError = void(void* error, int code, int system_code);

bool stat_of(void* archive, std::uint64_t index, std::uint32_t flags, Stat& stat) noexcept {
  static const auto stat_index = libc_function<StatIndex>("zip_stat_index");
  return stat_index != nullptr && stat_index(archive, index, flags, &stat) == 0;
}

bool has_other_data(void* archive, std::uint64_t index) noexcept {
  Stat before{};
  Stat now{};
  if (!stat_of(archive, index, kUnchanged, before) || !stat_of(archive, index, 0, now)) return true;
  const bool same_name = (before.valid & now.valid & kHasName) == 0 || before.name == now.name ||
                         std::strcmp(before.name, now.name) == 0;
  return !same_name || before.valid != now.valid || before.size != now.size ||
         before.compressed_size != now.compressed_size || before.time != now.time ||
         before.crc != now.crc || before.compression != now.compression ||
         before.encryption != now.encryption;
}

struct Attributes {
  std::uint8_t system = 0;
  std::uint32_t value = 0;
  bool operator==(const Attributes&) const = default;
};

Attributes attributes_of(void* archive, std::uint64_t index, std::uint32_t flags) noexcept {
  static const auto get = libc_function<GetAttributes>("zip_file_get_external_attributes");
  Attributes found;
  if (get != nullptr) get(archive, index, flags, &found.system, &found.value);
  return found;
}

bool is_changed(void* archive, std::uint64_t index) noexcept {
  return has_other_data(archive, index) ||
         attributes_of(archive, index, kUnchanged) != attributes_of(archive, index, 0);
}

// The comment that old and new data of the entry share, or an empty one.
std::string_view shared_comment(void* archive, std::uint64_t index) noexcept {
  static const auto get = libc_function<GetComment>("zip_file_get_comment");
  if (get == nullptr) return {};
  std::uint32_t length = 0;
  const char* const before = get(archive, index, &length, kRaw | kUnchanged);
  if (before == nullptr || length == 0) return {};
  if (get(archive, index, &length, kRaw) != before || !is_changed(archive, index)) return {};
  return {before, length};
}

}  // namespace

extern "C" int zip_file_set_comment(void* archive, std::uint64_t index, const char* comment,
                                    std::uint16_t length, std::uint32_t flags) {
  static const auto set = libc_function<SetComment>("zip_file_set_comment");
  static const auto error_of = libc_function<GetError>("zip_get_error");
  static const auto set_error = libc_function<SetError>("zip_error_set");
  const std::string_view shared = shared_comment(archive, index);
  if (shared.empty()) return set(archive, index, comment, length, flags);
  if (comment != nullptr && shared == std::string_view(comment, length)) return 0;
  if (error_of != nullptr && set_error != nullptr) set_error(error_of(archive), kNotSupported, 0);
  return -1;
}

extern "C" int zip_file_set_mtime(void* archive, std::uint64_t index, std::time_t time,
                                  std::uint32_t flags) {
  static const auto set = libc_function<SetTime>("zip_file_set_mtime");
  Stat now{};
  // Archives store even seconds only.
  if (stat_of(archive, index, 0, now) && (now.valid & kHasTime) != 0 && now.time / 2 == time / 2) {
    return 0;
  }
  return set(archive, index, time, flags);
}
