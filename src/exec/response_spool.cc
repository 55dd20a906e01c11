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

// A file's space comes back when all of it is sent, so this much can be occupied for nothing; and
// a response has response_spool_bytes / this many descriptors, and one.
constexpr std::uint64_t kFileBytes = std::uint64_t{16} * 1024 * 1024;

// Pieces up to this size join the one before, which becomes no larger than that.
constexpr std::uint64_t kJoinedBytes = 512;
constexpr std::uint64_t kLargestJoined = std::uint64_t{64} * 1024;

// A disk that had no room is asked again after this time: somebody may have made some.
constexpr base::Duration kAskAgain = std::chrono::seconds(1);

// Some of a disk is left for others: bodies of requests have the same directory.
void find_out_size_of_disk(const SpoolRoom& room) {
  struct statvfs disk{};
  if (::statvfs(room.directory.c_str(), &disk) != 0) return;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t ours = room.usage->disk_bytes.load(std::memory_order_relaxed);
  room.usage->disk_found.store((ours + free) / 4 * 3, std::memory_order_relaxed);
}

// There is no room. Where the disk is why, it may have some by now.
void find_out_again(const SpoolRoom& room) {
  if (room.usage->disk_found.load(std::memory_order_relaxed) > room.disk_bytes) return;
  const base::Duration::rep now = base::now().time_since_epoch().count();
  base::Duration::rep before = room.usage->disk_asked.load(std::memory_order_relaxed);
  if (now - before < kAskAgain.count()) return;
  if (!room.usage->disk_asked.compare_exchange_strong(before, now, std::memory_order_relaxed)) {
    return;
  }
  find_out_size_of_disk(room);
}

std::shared_ptr<SpoolFile> make_file(bool on_disk, const SpoolRoom& room) {
  auto file = std::make_shared<SpoolFile>();
  file->on_disk = on_disk;
  if (on_disk) {
    find_out_size_of_disk(room);
    if (auto opened = base::open_temporary_file(room.directory)) file->fd = std::move(*opened);
  } else {
    file->fd =
        base::above_low_numbers(base::UniqueFd(::memfd_create("tusk-response", MFD_CLOEXEC)));
  }
  return file->fd ? file : nullptr;
}

Room possible_on_disk(std::uint64_t bytes, const SpoolRoom& room) {
  if (room.usage->disk_bytes.load(std::memory_order_relaxed) + bytes > room.disk_bytes) {
    return Room::kStoreFull;
  }
  const std::uint64_t of_client =
      room.client != nullptr ? room.client->disk_bytes.load(std::memory_order_relaxed) : 0;
  return of_client + bytes > room.client_disk_bytes ? Room::kClientShare : Room::kTaken;
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
  client_ = std::move(other.client_);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

Room UnsentShare::grow(Counter& held, std::uint64_t limit, Counter* of_client,
                       std::uint64_t client_limit, std::uint64_t bytes) {
  if (of_client != nullptr &&
      of_client->fetch_add(bytes, std::memory_order_relaxed) + bytes > client_limit) {
    of_client->fetch_sub(bytes, std::memory_order_relaxed);
    return Room::kClientShare;
  }
  if (held.fetch_add(bytes, std::memory_order_relaxed) + bytes > limit) {
    held.fetch_sub(bytes, std::memory_order_relaxed);
    if (of_client != nullptr) of_client->fetch_sub(bytes, std::memory_order_relaxed);
    return Room::kStoreFull;
  }
  held_ = &held;
  bytes_ += bytes;
  return Room::kTaken;
}

// A share that holds something stays with whom it was taken for.
std::shared_ptr<UnsentShare::Counter> UnsentShare::counter_of(const SpoolRoom& room,
                                                              Counter ClientUsage::* counter) {
  if (room.client == nullptr) return nullptr;
  return std::shared_ptr<Counter>(room.client, &(room.client.get()->*counter));
}

Room UnsentShare::grow_memory(std::uint64_t bytes, const SpoolRoom& room) {
  if (bytes_ == 0) client_ = counter_of(room, &ClientUsage::memory_bytes);
  return grow(room.usage->memory_bytes, room.memory_bytes, client_.get(), room.client_memory_bytes,
              bytes);
}

Room UnsentShare::grow_disk(std::uint64_t bytes, const SpoolRoom& room) {
  if (bytes_ == 0) client_ = counter_of(room, &ClientUsage::disk_bytes);
  return grow(room.usage->disk_bytes, room.disk_bytes, client_.get(), room.client_disk_bytes,
              bytes);
}

void UnsentShare::force_memory(std::uint64_t bytes, const SpoolRoom& room) {
  SpoolRoom any;
  any.usage = room.usage;
  any.client = room.client;
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

bool Piece::join(const Piece& next, const SpoolRoom& room) {
  if (next.size() > kJoinedBytes || size() + next.size() > kLargestJoined) return false;
  if (file != next.file) return false;
  if (in_file()) {
    if (file_offset + file_length != next.file_offset) return false;
    file_length += next.file_length;
    return true;
  }
  const std::size_t before = bytes.capacity();
  bytes.append(next.bytes);
  if (bytes.capacity() > before) share.force_memory(bytes.capacity() - before, room);
  return true;
}

Room ResponseSpool::append(std::string_view bytes, const SpoolRoom& room, Piece& piece) {
  if (file_ != nullptr && file_->size > 0 && file_->size + bytes.size() > kFileBytes) file_.reset();
  Room found = Room::kStoreFull;
  if (file_ != nullptr) found = append_to_file(bytes, room);
  const std::uint64_t held = room.usage->memory_bytes.load(std::memory_order_relaxed);
  const std::uint64_t of_client =
      room.client != nullptr ? room.client->memory_bytes.load(std::memory_order_relaxed) : 0;
  if (found != Room::kTaken && held + bytes.size() <= room.memory_bytes &&
      of_client + bytes.size() <= room.client_memory_bytes) {
    file_ = make_file(false, room);
    if (file_ != nullptr) found = append_to_file(bytes, room);
  }
  if (found != Room::kTaken) {
    file_.reset();
    // Files that could only be removed again are not made.
    if (const Room possible = possible_on_disk(bytes.size(), room); possible != Room::kTaken) {
      find_out_again(room);
      return possible;
    }
    file_ = make_file(true, room);
    found = file_ != nullptr ? append_to_file(bytes, room) : Room::kStoreFull;
    if (found != Room::kTaken) {
      file_.reset();
      return found;
    }
  }
  piece.file = file_;
  piece.file_offset = file_->size - bytes.size();
  piece.file_length = bytes.size();
  return Room::kTaken;
}

Room ResponseSpool::append_to_file(std::string_view bytes, const SpoolRoom& room) {
  SpoolFile& file = *file_;
  const Room found = file.on_disk ? file.share.grow_disk(bytes.size(), room)
                                  : file.share.grow_memory(bytes.size(), room);
  if (found != Room::kTaken) return found;
  if (write_at(file.fd.get(), file.size, bytes)) {
    file.size += bytes.size();
    return Room::kTaken;
  }
  if (file.on_disk) find_out_size_of_disk(room);
  return Room::kStoreFull;
}

}  // namespace tusk::exec
