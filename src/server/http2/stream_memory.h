// StreamMemory: what the open requests of an HTTP/2 connection hold in memory, beside what other
// limits count.
//
// Owner: the Connection. Thread: its loop.
#pragma once

#include <cstdint>

namespace tusk::server::http2 {

// A client may open requests faster than they end: it sends half of a body, or opens no window. By
// HPACK a few bytes become a head of request_header_bytes, so that one connection with
// http2_max_streams of them holds 3 MiB. Few clients have so many large requests open at a time,
// and they have room. Once all connections of a loop hold much, each may open few at a time.
class StreamMemory {
 public:
  // What a request holds in any case.
  static constexpr std::uint64_t kOfStream = 2048;
  // Much, for the requests of all connections of a loop.
  static constexpr std::uint64_t kMuch = std::uint64_t{64} * 1024 * 1024;
  // What a connection may hold nevertheless.
  static constexpr std::uint64_t kOfConnection = std::uint64_t{64} * 1024;

  explicit StreamMemory(std::uint64_t& of_loop) : of_loop_(of_loop) {}
  StreamMemory(const StreamMemory&) = delete;
  StreamMemory& operator=(const StreamMemory&) = delete;
  ~StreamMemory() { change(held_, 0); }

  // False: the connection must open no further request now. It may always have one.
  bool has_room(std::uint64_t bytes) const {
    return held_ == 0 || of_loop_ + bytes <= kMuch || held_ + bytes <= kOfConnection;
  }
  // A request holds `to` bytes in place of `from`.
  void change(std::uint64_t from, std::uint64_t to) {
    held_ += to - from;  // modulo 2^64
    of_loop_ += to - from;
  }

 private:
  std::uint64_t& of_loop_;
  std::uint64_t held_ = 0;
};

}  // namespace tusk::server::http2
