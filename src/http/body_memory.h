// BodyMemory: bytes of a body in memory, whose real cost is known.
//
// Owner: a BodyBuffer. Thread: any, one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tusk::http {

// A small body is a string. A larger one is mapped pages, which grow without being copied and are
// returned to the system at once: malloc may keep large blocks that were freed, and a string that
// grew by doubling holds up to twice its bytes.
class BodyMemory {
 public:
  static constexpr std::size_t kMaxInString = std::size_t{64} * 1024;

  BodyMemory() = default;
  BodyMemory(BodyMemory&& other) noexcept;  // the source is empty afterwards
  BodyMemory& operator=(BodyMemory&& other) noexcept;
  ~BodyMemory() { release(); }

  std::size_t size() const { return pages_ != nullptr ? used_ : text_.size(); }
  bool empty() const { return size() == 0; }
  std::string_view view() const {
    return pages_ != nullptr ? std::string_view(pages_, used_) : std::string_view(text_);
  }

  // The allocated size, and what it will be after append() has added `bytes`.
  std::size_t capacity() const { return pages_ != nullptr ? mapped_ : text_.capacity(); }
  std::size_t capacity_with(std::size_t bytes) const;

  // Returns false, and changes nothing, when memory is exhausted.
  bool append(std::string_view bytes);

  // Empties it, but keeps a string's memory.
  void clear();
  // Empties it and frees all memory.
  void release();

 private:
  bool map(std::size_t bytes);

  std::string text_;
  char* pages_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t used_ = 0;  // of the pages
};

}  // namespace tusk::http
