// FrameScanner: finds frame headers in the client's bytes, whatever the frames contain.
//
// Owner: a Session. Thread: its loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tusk::http::h2 {

// RFC 9113 §4.1.
struct FrameHead {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t stream = 0;
};

// nghttp2 does not report the frames that it ignores, and floods consist of them. So the headers
// are also read here, before nghttp2 gets them.
class FrameScanner {
 public:
  // `before`: the number of bytes before the first frame.
  explicit FrameScanner(std::size_t before) : left_(before) {}

  struct Scan {
    std::size_t head = 0;     // how many of the first bytes belong to a frame's header
    std::size_t payload = 0;  // how many of the following bytes belong to its payload
    bool complete = false;    // these bytes complete the header: see head() and head_bytes()
  };

  // Takes at least one byte of the input, and nothing of the next frame.
  Scan scan(std::string_view input) {
    Scan scan;
    if (left_ == 0) {
      scan.head = std::min(input.size(), bytes_.size() - have_);
      std::memcpy(bytes_.data() + have_, input.data(), scan.head);
      have_ += scan.head;
      if (have_ < bytes_.size()) return scan;
      have_ = 0;
      scan.complete = true;
      left_ = head().length;
    }
    scan.payload = std::min<std::size_t>(input.size() - scan.head, left_);
    left_ -= scan.payload;
    return scan;
  }

  std::string_view head_bytes() const { return {bytes_.data(), bytes_.size()}; }

  FrameHead head() const {
    const auto byte = [this](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes_[at]));
    };
    FrameHead head;
    head.length = byte(0) << 16U | byte(1) << 8U | byte(2);
    head.type = static_cast<std::uint8_t>(byte(3));
    head.flags = static_cast<std::uint8_t>(byte(4));
    head.stream = static_cast<std::int32_t>((byte(5) & 0x7fU) << 24U | byte(6) << 16U |
                                            byte(7) << 8U | byte(8));
    return head;
  }

 private:
  std::array<char, 9> bytes_{};
  std::size_t have_ = 0;  // bytes of a header
  std::size_t left_;      // bytes of a payload
};

}  // namespace tusk::http::h2
