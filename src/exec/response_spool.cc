#include "exec/response_spool.h"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/temporary_file.h"

namespace tusk::exec {

namespace {

// A file's space comes back when all of it is sent, so this much can be occupied for nothing; and
// a response has response_spool_bytes / this many descriptors, and one.
constexpr std::uint64_t kFileBytes = std::uint64_t{16} * 1024 * 1024;

std::shared_ptr<SpoolFile> make_file(bool on_disk, const SpoolLimits& limits) {
  auto file = std::make_shared<SpoolFile>();
  file->on_disk = on_disk;
  if (on_disk) {
    if (auto opened = base::open_temporary_file(limits.directory)) file->fd = std::move(*opened);
  } else {
    file->fd =
        base::above_low_numbers(base::UniqueFd(::memfd_create("tusk-response", MFD_CLOEXEC)));
  }
  return file->fd ? file : nullptr;
}

bool write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

UnsentShare& UnsentShare::operator=(UnsentShare&& other) noexcept {
  if (this == &other) return *this;
  clear();
  held_ = other.held_;
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

bool UnsentShare::grow(std::atomic<std::uint64_t>& held, std::uint64_t bytes, std::uint64_t limit) {
  if (held.fetch_add(bytes, std::memory_order_relaxed) + bytes > limit) {
    held.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  held_ = &held;
  bytes_ += bytes;
  return true;
}

void UnsentShare::clear() {
  if (bytes_ != 0) held_->fetch_sub(std::exchange(bytes_, 0), std::memory_order_relaxed);
}

bool ResponseSpool::append(std::string_view bytes, const SpoolLimits& limits, Piece& piece) {
  if (file_ != nullptr && file_->size > 0 && file_->size + bytes.size() > kFileBytes) file_.reset();
  if (file_ == nullptr || !append_to_file(bytes, limits)) {
    const std::uint64_t held = UnsentUsage::memory_bytes.load(std::memory_order_relaxed);
    file_ = held + bytes.size() <= limits.memory_bytes ? make_file(false, limits) : nullptr;
    if (file_ == nullptr || !append_to_file(bytes, limits)) {
      file_ = make_file(true, limits);
      if (file_ == nullptr || !append_to_file(bytes, limits)) {
        file_.reset();
        return false;
      }
    }
  }
  piece.file = file_;
  piece.file_offset = file_->size - bytes.size();
  piece.file_length = bytes.size();
  return true;
}

bool ResponseSpool::append_to_file(std::string_view bytes, const SpoolLimits& limits) {
  SpoolFile& file = *file_;
  const bool room =
      file.on_disk ? file.share.grow(UnsentUsage::disk_bytes, bytes.size(), limits.disk_bytes)
                   : file.share.grow(UnsentUsage::memory_bytes, bytes.size(), limits.memory_bytes);
  if (!room || !write_at(file.fd.get(), file.size, bytes)) return false;
  file.size += bytes.size();
  return true;
}

}  // namespace tusk::exec
