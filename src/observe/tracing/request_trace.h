// RequestTrace: the spans of one request, as plain data.
//
// Owner: the SpanQueue, from the loop to the exporter. Thread: one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace tusk::observe::tracing {

using SystemTime = std::chrono::system_clock::time_point;

// A part of the request's time, which is a span of its own below that of the request.
struct ChildSpan {
  std::uint64_t id = 0;
  SystemTime begin{};
  SystemTime end{};
};

// Query strings, cookies and the like are not in it.
struct RequestTrace {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::uint64_t parent = 0;  // 0: none
  SystemTime begin{};        // first byte of the request
  SystemTime end{};          // last byte of the response

  std::string method;
  std::string path;  // as received, without the query
  std::string scheme;
  std::string host;  // with its port, if it has one
  std::string client_address;
  std::string user_agent;
  std::string protocol_version;  // "1.1", "2"
  std::string request_id;
  int status = 0;
  std::uint64_t body_bytes_sent = 0;

  std::optional<ChildSpan> queue;  // it waited for a worker
  std::optional<ChildSpan> php;    // its script ran
  std::string script;
  std::optional<unsigned> worker;
  std::optional<std::uint64_t> memory_peak_bytes;

  std::size_t span_count() const {
    return 1 + std::size_t{queue.has_value()} + std::size_t{php.has_value()};
  }
};

}  // namespace tusk::observe::tracing
