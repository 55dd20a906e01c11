// Encoder: encodes bodies in a content coding, whole or piece by piece.
//
// No I/O. Owner: a worker, or the thread that encodes files; one each. Thread: the owner's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/accept_encoding.h"
#include "http/coding/coding_stream.h"

namespace tusk::http::coding {

// The compression level of each coding, in the libraries' ranges.
struct Levels {
  int gzip = 4;    // 1 to 9
  int brotli = 5;  // 0 to 11
  int zstd = 3;    // 1 to 19
};

// The state of a coding has hundreds of kilobytes, so it is created on first use and kept. A body
// then allocates nothing but its output.
class Encoder {
 public:
  explicit Encoder(Levels levels) : levels_(levels) {}

  // Each of these returns false when out of memory (or for identity); the output is useless then.

  // Appends the encoded body to `out`.
  bool encode(ContentCoding coding, std::string_view whole, std::string& out);

  // begin(), then any number of append() and flush(), then finish(). The next begin() or encode()
  // forgets a body that was not finished.
  bool begin(ContentCoding coding);
  bool append(std::string_view piece, std::string& out) { return write(piece, Step::kAppend, out); }
  bool flush(std::string& out) { return write({}, Step::kFlush, out); }
  bool finish(std::string& out);

 private:
  CodingStream* stream_of(ContentCoding coding);
  bool write(std::string_view piece, Step step, std::string& out) {
    return current_ != nullptr && current_->write(piece, step, out);
  }

  const Levels levels_;
  std::array<std::unique_ptr<CodingStream>, kContentCodings> streams_;
  CodingStream* current_ = nullptr;  // between begin() and finish()
};

}  // namespace tusk::http::coding
