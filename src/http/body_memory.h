// BodyMemory: bytes of a body in memory, of which one knows what they really take up.
//
// Few are a string. Many are pages of their own, which grow without being copied and go back to the
// system at once: what malloc gets back of large blocks it may keep, and a string that has grown by
// doubling holds up to twice its bytes.
//
// Owner: a BodyBuffer. Thread: any; one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tusk::http {

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

  // What it takes up, and what it will once append() has added `bytes`.
  std::size_t capacity() const { return pages_ != nullptr ? mapped_ : text_.capacity(); }
  std::size_t capacity_with(std::size_t bytes) const;

  // False: there is no such memory, and nothing has changed.
  bool append(std::string_view bytes);

  // Empty; keeps a string's memory.
  void clear();
  // Empty, and nothing is kept.
  void release();

 private:
  bool map(std::size_t bytes);

  std::string text_;
  char* pages_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t used_ = 0;  // of the pages
};

}  // namespace tusk::http
