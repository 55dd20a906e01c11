// FileBody: the body of a response that is made from a file: ranges of it, and the lines around
// them when there are several.
//
// It is slices in order, each of them either bytes or a range of a descriptor, so that a sender
// needs to know nothing else: HTTP/1 writes or calls sendfile, HTTP/2 reads as frames have room.
//
// Owned by who sends. Thread: any; one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/representation.h"
#include "http/range.h"

namespace tusk::files {

// fd -1: `bytes`. Otherwise `length` bytes of the descriptor from `offset`.
struct BodySlice {
  std::string_view bytes{};
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class FileBody {
 public:
  // Nothing is sent.
  FileBody() = default;

  // A range of the content, or all of it.
  FileBody(RepresentationRef source, http::ByteRange range)
      : source_(std::move(source)), range_(range) {}

  // Several ranges, as multipart/byteranges (RFC 9110 §14.6).
  FileBody(RepresentationRef source, const std::vector<http::ByteRange>& ranges,
           std::string_view boundary);

  bool empty() const noexcept { return source_ == nullptr; }
  std::uint64_t size() const noexcept;
  std::size_t slice_count() const noexcept;
  // Good as long as this body.
  BodySlice slice(std::size_t index) const noexcept;

  // Whether the file has not been written to since its head was made. What is sent of it after
  // that would be another version's.
  bool is_current() const noexcept { return source_ == nullptr || source_->is_current(); }

 private:
  struct Part {
    std::string head;  // what goes before the range
    http::ByteRange range;
  };

  BodySlice content(http::ByteRange range) const noexcept;

  RepresentationRef source_;
  http::ByteRange range_;    // without parts
  std::vector<Part> parts_;  // the slices are: head, range, head, range, ... end_
  std::string end_;
};

}  // namespace tusk::files
