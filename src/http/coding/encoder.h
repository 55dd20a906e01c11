// Encoder: turns bodies into a content coding, whole or piece by piece.
//
// No I/O. Owner: whoever has bodies to encode: a worker has one, and so has the thread that encodes
// files. Thread: its owner's. The state of a coding is made when it is first used and kept, because
// it is hundreds of kilobytes; so a body costs no allocation but that of its output.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/accept_encoding.h"
#include "http/coding/coding_stream.h"

namespace tusk::http::coding {

// How hard each coding tries. Ranges as the libraries have them.
struct Levels {
  int gzip = 4;    // 1 to 9
  int brotli = 5;  // 0 to 11
  int zstd = 3;    // 1 to 19
};

class Encoder {
 public:
  explicit Encoder(Levels levels) : levels_(levels) {}

  // Each of these: false when memory ran out (or for identity); what was encoded is then of no use.

  // Appends the encoded body to `out`.
  bool encode(ContentCoding coding, std::string_view whole, std::string& out);

  // begin(), then any number of append() and flush(), then finish(). A body that is not finished
  // is forgotten by the next begin() or encode().
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
