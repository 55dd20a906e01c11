#include "exec/response_spool.h"

#include <cerrno>
#include <memory>

#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/temporary_file.h"

namespace tusk::exec {

namespace {

// The space of a file is freed only when all of it is sent, so up to this much can be wasted. A
// response has at most response_spool_bytes / kFileBytes + 1 descriptors.
constexpr std::uint64_t kFileBytes = std::uint64_t{16} * 1024 * 1024;

// Pieces of up to this size are appended to the piece before, which grows to kLargestJoined at
// most.
constexpr std::uint64_t kJoinedBytes = 512;
constexpr std::uint64_t kLargestJoined = std::uint64_t{64} * 1024;

// How long to wait before a full disk is measured again: space may have been freed.
constexpr base::Duration kDiskRecheckInterval = std::chrono::seconds(1);

// Leaves a quarter of the disk to others: request bodies are in the same directory.
void measure_disk(const SpoolQuota& quota) {
  struct statvfs disk{};
  if (::statvfs(quota.directory.c_str(), &disk) != 0) return;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t ours = quota.usage->disk_bytes.load(std::memory_order_relaxed);
  quota.usage->disk_capacity.store((ours + free) / 4 * 3, std::memory_order_relaxed);
}

// Called when there is no room. If the disk is the reason, it may have room by now.
void remeasure_full_disk(const SpoolQuota& quota) {
  if (quota.usage->disk_capacity.load(std::memory_order_relaxed) > quota.disk_bytes) return;
  const base::Duration::rep now = base::now().time_since_epoch().count();
  base::Duration::rep before = quota.usage->disk_remeasured.load(std::memory_order_relaxed);
  if (now - before < kDiskRecheckInterval.count()) return;
  if (!quota.usage->disk_remeasured.compare_exchange_strong(before, now,
                                                            std::memory_order_relaxed)) {
    return;
  }
  measure_disk(quota);
}

enum class Place : std::uint8_t { kMemory, kDisk };

// Makes no file if there are as many as there may be: others need descriptors, too.
Reservation make_file(Place place, const SpoolQuota& quota, std::shared_ptr<SpoolFile>& made) {
  made.reset();
  auto file = std::make_shared<SpoolFile>();
  if (const Reservation counted = file->counted.add_file(quota); counted != Reservation::kGranted)
    return counted;
  file->on_disk = place == Place::kDisk;
  if (file->on_disk) {
    measure_disk(quota);
    if (auto opened = base::open_temporary_file(quota.directory)) file->fd = std::move(*opened);
  } else {
    file->fd =
        base::above_low_numbers(base::UniqueFd(::memfd_create("tusk-response", MFD_CLOEXEC)));
  }
  if (!file->fd) return Reservation::kStoreFull;
  made = std::move(file);
  return Reservation::kGranted;
}

dev_t device_of_memory() {
  const base::UniqueFd file(::memfd_create("tusk-device", MFD_CLOEXEC));
  struct stat facts{};
  return file && ::fstat(file.get(), &facts) == 0 ? facts.st_dev : dev_t{0};
}

Reservation possible_on_disk(std::uint64_t bytes, const SpoolQuota& quota) {
  if (quota.usage->disk_bytes.load(std::memory_order_relaxed) + bytes > quota.disk_bytes) {
    return Reservation::kStoreFull;
  }
  const std::uint64_t of_client =
      quota.client != nullptr ? quota.client->disk_bytes.load(std::memory_order_relaxed) : 0;
  return of_client + bytes > quota.client_disk_bytes ? Reservation::kClientShare
                                                     : Reservation::kGranted;
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

bool is_memory_file(const struct stat& facts) {
  static const dev_t device = device_of_memory();
  return facts.st_dev == device;
}

UnsentShare& UnsentShare::operator=(UnsentShare&& other) noexcept {
  if (this == &other) return *this;
  clear();
  held_ = other.held_;
  client_ = std::move(other.client_);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

Reservation UnsentShare::grow(Counter& held, std::uint64_t limit, Counter* of_client,
                              std::uint64_t client_limit, std::uint64_t bytes) {
  if (of_client != nullptr &&
      of_client->fetch_add(bytes, std::memory_order_relaxed) + bytes > client_limit) {
    of_client->fetch_sub(bytes, std::memory_order_relaxed);
    return Reservation::kClientShare;
  }
  if (held.fetch_add(bytes, std::memory_order_relaxed) + bytes > limit) {
    held.fetch_sub(bytes, std::memory_order_relaxed);
    if (of_client != nullptr) of_client->fetch_sub(bytes, std::memory_order_relaxed);
    return Reservation::kStoreFull;
  }
  held_ = &held;
  bytes_ += bytes;
  return Reservation::kGranted;
}

// A share that holds something stays with the client that it was taken for.
std::shared_ptr<UnsentShare::Counter> UnsentShare::counter_of(const SpoolQuota& quota,
                                                              Counter ClientUsage::* counter) {
  if (quota.client == nullptr) return nullptr;
  return std::shared_ptr<Counter>(quota.client, &(quota.client.get()->*counter));
}

Reservation UnsentShare::grow_memory(std::uint64_t bytes, const SpoolQuota& quota) {
  if (bytes_ == 0) client_ = counter_of(quota, &ClientUsage::memory_bytes);
  return grow(quota.usage->memory_bytes, quota.memory_bytes, client_.get(),
              quota.client_memory_bytes, bytes);
}

Reservation UnsentShare::grow_disk(std::uint64_t bytes, const SpoolQuota& quota) {
  if (bytes_ == 0) client_ = counter_of(quota, &ClientUsage::disk_bytes);
  return grow(quota.usage->disk_bytes, quota.disk_bytes, client_.get(), quota.client_disk_bytes,
              bytes);
}

Reservation UnsentShare::add_file(const SpoolQuota& quota) {
  client_ = counter_of(quota, &ClientUsage::files);
  return grow(quota.usage->files, quota.files, client_.get(), quota.client_files, 1);
}

void UnsentShare::force_file(const SpoolQuota& quota) {
  SpoolQuota any;
  any.usage = quota.usage;
  any.client = quota.client;
  add_file(any);
}

void UnsentShare::force_memory(std::uint64_t bytes, const SpoolQuota& quota) {
  SpoolQuota any;
  any.usage = quota.usage;
  any.client = quota.client;
  any.memory_bytes = ~std::uint64_t{0};
  grow_memory(bytes, any);
}

void UnsentShare::clear() {
  if (bytes_ > 0) {
    if (client_ != nullptr) client_->fetch_sub(bytes_, std::memory_order_relaxed);
    held_->fetch_sub(std::exchange(bytes_, 0), std::memory_order_relaxed);
  }
  client_.reset();
}

bool Piece::join(const Piece& next, const SpoolQuota& quota) {
  if (next.size() > kJoinedBytes || size() + next.size() > kLargestJoined) return false;
  if (file != next.file) return false;
  if (in_file()) {
    if (file_offset + file_length != next.file_offset) return false;
    file_length += next.file_length;
    return true;
  }
  const std::size_t before = bytes.capacity();
  bytes.append(next.bytes);
  if (bytes.capacity() > before) share.force_memory(bytes.capacity() - before, quota);
  return true;
}

Reservation ResponseSpool::append(std::string_view bytes, const SpoolQuota& quota, Piece& piece) {
  if (file_ != nullptr && file_->size > 0 && file_->size + bytes.size() > kFileBytes) file_.reset();
  Reservation reserved = Reservation::kStoreFull;
  if (file_ != nullptr) reserved = append_to_file(bytes, quota);
  const std::uint64_t held = quota.usage->memory_bytes.load(std::memory_order_relaxed);
  const std::uint64_t of_client =
      quota.client != nullptr ? quota.client->memory_bytes.load(std::memory_order_relaxed) : 0;
  if (reserved != Reservation::kGranted && held + bytes.size() <= quota.memory_bytes &&
      of_client + bytes.size() <= quota.client_memory_bytes) {
    if (make_file(Place::kMemory, quota, file_) == Reservation::kGranted)
      reserved = append_to_file(bytes, quota);
  }
  if (reserved != Reservation::kGranted) {
    file_.reset();
    // Do not make a file that would only be removed again.
    if (const Reservation possible = possible_on_disk(bytes.size(), quota);
        possible != Reservation::kGranted) {
      remeasure_full_disk(quota);
      return possible;
    }
    reserved = make_file(Place::kDisk, quota, file_);
    if (reserved == Reservation::kGranted) reserved = append_to_file(bytes, quota);
    if (reserved != Reservation::kGranted) {
      file_.reset();
      return reserved;
    }
  }
  piece.file = file_;
  piece.file_offset = file_->size - bytes.size();
  piece.file_length = bytes.size();
  return Reservation::kGranted;
}

Reservation ResponseSpool::append_to_file(std::string_view bytes, const SpoolQuota& quota) {
  SpoolFile& file = *file_;
  const Reservation reserved = file.on_disk ? file.share.grow_disk(bytes.size(), quota)
                                            : file.share.grow_memory(bytes.size(), quota);
  if (reserved != Reservation::kGranted) return reserved;
  if (write_at(file.fd.get(), file.size, bytes)) {
    file.size += bytes.size();
    return Reservation::kGranted;
  }
  if (file.on_disk) measure_disk(quota);
  return Reservation::kStoreFull;
}

}  // namespace tusk::exec
