// CodingStream: one content coding's encoder, which is used for one body after the other.
//
// No I/O. Owner: an Encoder. Thread: its owner's. An encoder's state is hundreds of kilobytes:
// it is kept from one body to the next, within the limit that each implementation names.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::http::coding {

enum class Step : std::uint8_t {
  kAppend,  // more will come: output may be kept back
  kFlush,   // what was appended so far can be decoded from what comes out
  kFinish,  // the end
};

class CodingStream {
 public:
  virtual ~CodingStream() = default;

  // A whole body at once. False: out of memory; `out` is then of no use.
  virtual bool encode(std::string_view whole, std::string& out) = 0;

  // A body in pieces. begin() forgets whatever body was not finished.
  virtual bool begin() = 0;
  virtual bool write(std::string_view piece, Step step, std::string& out) = 0;
};

// Appends to `out` what `fill(room, size)` writes there; it returns how much that was. The room is
// not cleared before, and kept by `out` for what comes next.
template <class Fill>
void append_to(std::string& out, std::size_t room, Fill&& fill) {
  const std::size_t before = out.size();
  const std::size_t wanted = std::max(before + room, std::min(out.capacity(), before + 16 * room));
  out.resize_and_overwrite(wanted, [&](char* text, std::size_t size) {
    return before + fill(text + before, size - before);
  });
}

// What is asked for when it is not known how much will come.
inline constexpr std::size_t kOutputRoom = 8 * 1024;

}  // namespace tusk::http::coding
