// Range: which bytes of a representation a client asks for.
//
// Pure functions. Thread: any. RFC 9110 §14.1.2, §14.2, §17.15.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::http {

// Bytes first..last, both included; last < size of the representation.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  std::uint64_t length() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

enum class RangeOutcome : std::uint8_t {
  kWhole,          // not a range of bytes, or one that is not worth its parts: 200
  kPartial,        // 206
  kUnsatisfiable,  // nothing of it lies inside, or it is malformed: 416
};

// More ranges than this are answered with the whole: each part costs its own head (§17.15).
inline constexpr std::size_t kMaxRanges = 64;

// Reads the value of a Range field for a representation of `size` bytes. `ranges` is replaced: for
// `partial` by one range or more, in the order in which they were asked for, cut to the size;
// those that lie outside are left out. Ranges that are together longer than the whole, as
// overlapping ones of a flood are, are answered with the whole; so is any range of nothing.
RangeOutcome parse_range(std::string_view value, std::uint64_t size,
                         std::vector<ByteRange>& ranges);

// "bytes 0-99/1234" (§14.4).
void append_content_range(std::string& out, ByteRange range, std::uint64_t size);
// "bytes */1234", of a 416.
void append_unsatisfied_range(std::string& out, std::uint64_t size);

}  // namespace tusk::http
