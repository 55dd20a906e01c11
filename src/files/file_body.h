// FileBody: the body of a response that consists of a file, or of ranges of it.
//
// Owner: the component that sends it. Thread: any, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/representation.h"
#include "http/range.h"

namespace tusk::files {

// If fd is -1: `bytes`. Otherwise `length` bytes of the descriptor, from `offset` on.
struct BodySlice {
  std::string_view bytes{};
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// The body is a sequence of slices, each of them either bytes or a range of a descriptor, so that a
// sender needs nothing else: HTTP/1 calls write or sendfile, HTTP/2 reads as frames have room.
class FileBody {
 public:
  // An empty body.
  FileBody() = default;

  // A range of the content, or the whole.
  FileBody(RepresentationRef source, http::ByteRange range)
      : source_(std::move(source)), range_(range) {}

  // Several ranges, as multipart/byteranges (RFC 9110 §14.6).
  FileBody(RepresentationRef source, const std::vector<http::ByteRange>& ranges,
           std::string_view boundary);

  bool empty() const noexcept { return source_ == nullptr; }
  std::uint64_t size() const noexcept;
  std::size_t slice_count() const noexcept;
  // Valid as long as this body.
  BodySlice slice(std::size_t index) const noexcept;

  // What it holds until it is sent, perhaps together with others.
  ContentAmount holds() const noexcept;

  // Whether the file is unchanged since its head was made. After a change, further bytes would
  // belong to another version.
  bool is_current() const noexcept { return source_ == nullptr || source_->is_current(); }

 private:
  struct Part {
    std::string head;  // precedes the range
    http::ByteRange range;
  };

  BodySlice content(http::ByteRange range) const noexcept;

  RepresentationRef source_;
  http::ByteRange range_;    // if there are no parts
  std::vector<Part> parts_;  // the slices are: head, range, head, range, ... end_
  std::string end_;
};

}  // namespace tusk::files
