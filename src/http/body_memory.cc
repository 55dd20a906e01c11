#include "http/body_memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/mman.h>

namespace tusk::http {

namespace {

constexpr std::size_t kStep = std::size_t{256} * 1024;  // mapped pages grow by this much

}  // namespace

BodyMemory::BodyMemory(BodyMemory&& other) noexcept
    : text_(std::exchange(other.text_, {})),
      pages_(std::exchange(other.pages_, nullptr)),
      mapped_(std::exchange(other.mapped_, 0)),
      used_(std::exchange(other.used_, 0)) {}

BodyMemory& BodyMemory::operator=(BodyMemory&& other) noexcept {
  if (this == &other) return *this;
  release();
  text_ = std::exchange(other.text_, {});
  pages_ = std::exchange(other.pages_, nullptr);
  mapped_ = std::exchange(other.mapped_, 0);
  used_ = std::exchange(other.used_, 0);
  return *this;
}

std::size_t BodyMemory::capacity_with(std::size_t bytes) const {
  const std::size_t needed = size() + bytes;
  if (needed <= capacity()) return capacity();
  if (needed > kMaxInString) return (needed + kStep - 1) / kStep * kStep;
  return std::clamp(2 * capacity(), needed, kMaxInString);
}

bool BodyMemory::append(std::string_view bytes) {
  const std::size_t needed = capacity_with(bytes.size());
  if (pages_ == nullptr && needed <= kMaxInString) {
    if (needed > text_.capacity()) {
      std::string grown;  // reserving in the old string would double it, beyond what was asked for
      grown.reserve(needed);
      grown.append(text_);
      text_ = std::move(grown);
    }
    text_.append(bytes);
    return true;
  }
  if (needed > mapped_ && !map(needed)) return false;
  std::memcpy(pages_ + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
  return true;
}

// The content of the string moves into the first pages.
bool BodyMemory::map(std::size_t bytes) {
  void* const pages = pages_ != nullptr ? ::mremap(pages_, mapped_, bytes, MREMAP_MAYMOVE)
                                        : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return false;
  if (pages_ == nullptr) {
    used_ = text_.size();
    std::memcpy(pages, text_.data(), used_);
    text_ = std::string();
  }
  pages_ = static_cast<char*>(pages);
  mapped_ = bytes;
  return true;
}

void BodyMemory::clear() {
  if (pages_ != nullptr) {
    release();
  } else {
    text_.clear();
  }
}

void BodyMemory::release() {
  if (pages_ != nullptr) ::munmap(pages_, mapped_);
  pages_ = nullptr;
  mapped_ = used_ = 0;
  text_ = std::string();
}

}  // namespace tusk::http
