// CodingStream: the encoder of one content coding, used for one body after the other.
//
// No I/O. Owner: an Encoder. Thread: the encoder's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::http::coding {

enum class Step : std::uint8_t {
  kAppend,  // more follows: output may be held back
  kFlush,   // everything appended so far can be decoded from the output
  kFinish,  // the end
};

// An encoder's state has hundreds of kilobytes. It is kept from one body to the next, within the
// limit that each implementation names.
class CodingStream {
 public:
  virtual ~CodingStream() = default;

  // Encodes a whole body. Returns false when out of memory; `out` is useless then.
  virtual bool encode(std::string_view whole, std::string& out) = 0;

  // Encode a body in pieces. begin() forgets a body that was not finished.
  virtual bool begin() = 0;
  virtual bool write(std::string_view piece, Step step, std::string& out) = 0;
};

// Appends to `out` what `fill(room, size)` writes; fill returns how much that was. The room is not
// cleared first, and `out` keeps it as capacity.
template <class Fill>
void append_to(std::string& out, std::size_t room, Fill&& fill) {
  const std::size_t before = out.size();
  const std::size_t wanted = std::max(before + room, std::min(out.capacity(), before + 16 * room));
  out.resize_and_overwrite(wanted, [&](char* text, std::size_t size) {
    return before + fill(text + before, size - before);
  });
}

// The room for output of unknown size.
inline constexpr std::size_t kOutputRoom = 8 * 1024;

}  // namespace tusk::http::coding
