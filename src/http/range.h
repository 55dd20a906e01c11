// Ranges: which bytes of a representation a client asks for.
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
  kWhole,          // not a range of bytes, or not worth sending in parts: 200
  kPartial,        // 206
  kUnsatisfiable,  // every range lies outside, or the field is malformed: 416
};

// A request for more ranges gets the whole: each part costs a head of its own (§17.15).
inline constexpr std::size_t kMaxRanges = 64;

// Reads the value of a Range field for a representation of `size` bytes, and replaces `ranges`. For
// kPartial these are one or more ranges in the order requested, cut to the size; ranges outside it
// are left out. If the ranges are together longer than the whole, as in a flood of overlapping
// ones, the answer is the whole. So it is for any range of an empty representation.
RangeOutcome parse_range(std::string_view value, std::uint64_t size,
                         std::vector<ByteRange>& ranges);

// "bytes 0-99/1234" (§14.4).
void append_content_range(std::string& out, ByteRange range, std::uint64_t size);
// "bytes */1234", for a 416.
void append_unsatisfied_range(std::string& out, std::uint64_t size);

}  // namespace tusk::http
