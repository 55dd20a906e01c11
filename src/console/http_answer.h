// HttpAnswer: the answer of a server to one request of HTTP/1.1, read piece by piece.
//
// It takes what tusk sends: a length, chunks, or neither, where the connection ends the answer.
// Interim answers (1xx) are skipped. Everything is bounded.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tusk::console {

class HttpAnswer {
 public:
  enum class To {
    kOther,
    kHead,  // the method HEAD: its answer has no body
  };
  explicit HttpAnswer(To request = To::kOther) : request_(request) {}

  static constexpr std::size_t kMostHeadBytes = 16 * 1024;
  static constexpr std::size_t kMostBodyBytes = 64 * 1024 * 1024;

  enum class Progress {
    kMore,   // not complete yet
    kDone,   // complete
    kWrong,  // not an answer, or too long
  };
  Progress take(std::string_view bytes);
  // The connection has ended.
  Progress end();

  int status() const { return status_; }
  // The fields of the header, in its order; the names are in lower case.
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  const std::string& body() const { return body_; }
  // The server does not take another request on this connection.
  bool closes() const { return closes_; }

 private:
  enum class Part { kHead, kLength, kUpToEnd, kChunkSize, kChunk, kChunkEnd, kTrailer, kDone };

  Progress take_head();
  bool take_field(std::string_view line);
  Progress take_body();
  bool take_line(std::string_view& line);
  bool take_chunk_size(std::string_view line);
  void move_body(std::size_t bytes);

  To request_;
  Part part_ = Part::kHead;
  std::string received_;  // and not understood yet
  std::size_t at_ = 0;    // in received_
  std::size_t left_ = 0;  // of the body or the chunk
  bool chunked_ = false;
  bool has_length_ = false;
  bool closes_ = false;
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::string body_;
};

}  // namespace tusk::console
