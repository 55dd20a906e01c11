#include "http/body.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/types.h>
#include <unistd.h>

#include "base/check.h"
#include "base/temporary_file.h"

namespace tusk::http {
namespace {

constexpr std::size_t kGatherBytes = 64 * 1024;  // gathered for one write to the file
constexpr std::size_t kKeptBytes = 16 * 1024;    // of memory that clear() keeps

// Adds to the total of all bodies, if that stays within the limit.
bool take(std::atomic<std::uint64_t>& held, std::uint64_t bytes, std::uint64_t limit) {
  if (held.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
  held.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

}  // namespace

std::shared_ptr<BodyUsage::Client> BodyUsage::of(const base::ClientKey& client) {
  const auto clients = clients_.lock();
  if (const auto known = clients->find(client); known != clients->end()) {
    if (std::shared_ptr<Client> held = known->second.lock()) return held;
  }
  // The table grows by this one only.
  std::erase_if(*clients, [](const auto& one) { return one.second.expired(); });
  auto held = std::make_shared<Client>();
  clients->emplace(client, held);
  return held;
}

BodyBuffer::BodyBuffer(BodyBuffer&& other) noexcept
    : memory_(std::move(other.memory_)),
      usage_(other.usage_),
      counted_(std::exchange(other.counted_, 0)),
      client_(std::exchange(other.client_, std::nullopt)),
      of_client_(std::move(other.of_client_)),
      file_(std::move(other.file_)),
      file_size_(std::exchange(other.file_size_, 0)),
      size_(std::exchange(other.size_, 0)),
      adopted_(std::exchange(other.adopted_, false)) {}

BodyBuffer& BodyBuffer::operator=(BodyBuffer&& other) noexcept {
  if (this == &other) return *this;
  clear();
  memory_ = std::move(other.memory_);
  usage_ = other.usage_;
  counted_ = std::exchange(other.counted_, 0);
  client_ = std::exchange(other.client_, std::nullopt);
  of_client_ = std::move(other.of_client_);
  file_ = std::move(other.file_);
  file_size_ = std::exchange(other.file_size_, 0);
  size_ = std::exchange(other.size_, 0);
  adopted_ = std::exchange(other.adopted_, false);
  return *this;
}

// Takes the piece into memory, unless all bodies together would hold too much.
bool BodyBuffer::hold(std::string_view piece, const BodySpool& spool) {
  const std::size_t needed = memory_.capacity_with(piece.size());
  if (needed > counted_) {
    if (!take(usage_->memory_bytes, needed - counted_, spool.total_memory_bytes)) return false;
    counted_ = needed;
  }
  const bool held = memory_.append(piece);
  count_memory();
  return held;
}

// Counts the memory that was really allocated, which may differ from what was asked for.
void BodyBuffer::count_memory() {
  const std::size_t held = memory_.capacity();
  if (held == counted_) return;
  usage_->memory_bytes.fetch_add(held - counted_, std::memory_order_relaxed);  // modulo 2^64
  counted_ = held;
}

void BodyBuffer::release_memory() {
  memory_.release();
  usage_->memory_bytes.fetch_sub(std::exchange(counted_, 0), std::memory_order_relaxed);
}

base::Result<void> BodyBuffer::append(std::string_view piece, const BodySpool& spool) {
  if (piece.empty()) return {};
  usage_ = spool.usage;
  size_ += piece.size();
  if (in_memory()) {
    if (size_ <= spool.memory_bytes && hold(piece, spool)) return {};
    if (auto opened = open_file(spool); !opened) return opened;
  }
  if (memory_.size() + piece.size() < kGatherBytes && hold(piece, spool)) return {};
  if (auto written = write_file(memory_.view(), spool); !written) return written;
  memory_.clear();  // the gather buffer stays allocated; a body that was in memory is freed
  count_memory();
  return write_file(piece, spool);
}

// Many small files cost more descriptors than space.
base::Result<void> BodyBuffer::open_file(const BodySpool& spool) {
  std::shared_ptr<BodyUsage::Client> client = client_ ? usage_->of(*client_) : nullptr;
  lacks_space_ = true;
  if (!take(usage_->files, 1, spool.total_files))
    return base::fail("the bodies of all requests together are in too many files");
  if (client != nullptr && !take(client->files, 1, spool.client_files)) {
    usage_->files.fetch_sub(1, std::memory_order_relaxed);
    return base::fail("the bodies of one client together are in too many files");
  }
  lacks_space_ = false;
  of_client_ = std::move(client);
  auto file = base::open_temporary_file(spool.directory);
  if (file) {
    file_ = std::move(*file);
    return {};
  }
  uncount_file();
  return std::unexpected(std::move(file.error()));
}

base::Result<void> BodyBuffer::finish(const BodySpool& spool) {
  if (in_memory()) return {};
  auto written = write_file(memory_.view(), spool);
  release_memory();
  return written;
}

base::Result<void> BodyBuffer::write_file(std::string_view piece, const BodySpool& spool) {
  while (!piece.empty()) {
    // Counted before the write, for the whole piece; what is not written is given back.
    if (!take(usage_->disk_bytes, piece.size(), spool.total_disk_bytes)) {
      lacks_space_ = true;
      return base::fail("the bodies of all requests together are too large");
    }
    if (of_client_ != nullptr &&
        !take(of_client_->disk_bytes, piece.size(), spool.client_disk_bytes)) {
      usage_->disk_bytes.fetch_sub(piece.size(), std::memory_order_relaxed);
      lacks_space_ = true;
      return base::fail("the bodies of one client together are too large");
    }
    const ssize_t n =
        ::pwrite(file_.get(), piece.data(), piece.size(), static_cast<off_t>(file_size_));
    const int error = n < 0 ? errno : ENOSPC;
    const auto written = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    give_back(piece.size() - written);
    if (n < 0 && error == EINTR) continue;
    if (n <= 0) {
      lacks_space_ = error == ENOSPC || error == EDQUOT;
      exceeds_file_size_ = error == EFBIG;
      return base::fail_errno("cannot write a body to its temporary file", error);
    }
    file_size_ += written;
    piece.remove_prefix(written);
  }
  return {};
}

std::string_view BodyBuffer::memory() const {
  TUSK_CHECK(in_memory());
  return memory_.view();
}

int BodyBuffer::fd() const {
  TUSK_CHECK(!in_memory() && memory_.empty());
  return file_.get();
}

base::Result<std::size_t> BodyBuffer::read_at(std::uint64_t offset, std::span<char> out) const {
  if (offset >= size_ || out.empty()) return 0;
  if (offset >= file_size_) {
    const std::size_t at = static_cast<std::size_t>(offset - file_size_);
    const std::size_t count = std::min(out.size(), memory_.size() - at);
    std::memcpy(out.data(), memory_.view().data() + at, count);
    return count;
  }
  for (;;) {
    const ssize_t n = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) return base::fail("a body's temporary file was truncated");
    if (errno != EINTR) {
      return base::fail_errno("cannot read a body's temporary file", errno);
    }
  }
}

void BodyBuffer::give_back(std::uint64_t disk_bytes) {
  usage_->disk_bytes.fetch_sub(disk_bytes, std::memory_order_relaxed);
  if (of_client_ != nullptr)
    of_client_->disk_bytes.fetch_sub(disk_bytes, std::memory_order_relaxed);
}

void BodyBuffer::uncount_file() {
  usage_->files.fetch_sub(1, std::memory_order_relaxed);
  if (of_client_ != nullptr) of_client_->files.fetch_sub(1, std::memory_order_relaxed);
}

void BodyBuffer::clear() {
  client_.reset();
  if (size_ == 0) return;
  lacks_space_ = false;
  exceeds_file_size_ = false;
  if (std::exchange(adopted_, false)) {
    file_.reset();
    file_size_ = size_ = 0;
    return;
  }
  if (memory_.capacity() > kKeptBytes) {
    release_memory();
  } else {
    memory_.clear();
    usage_->memory_bytes.fetch_sub(std::exchange(counted_, 0), std::memory_order_relaxed);
  }
  if (file_) uncount_file();
  file_.reset();
  give_back(file_size_);
  of_client_.reset();
  file_size_ = 0;
  size_ = 0;
}

}  // namespace tusk::http
