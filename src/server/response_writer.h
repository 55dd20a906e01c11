// ResponseWriter: the sending of responses.
//
// Owner: the ActiveRequest; answers write by it, accounting reads it. Thread: its loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/task.h"
#include "files/static_response.h"
#include "server/response_sink.h"

namespace tusk::server {

// Sends responses, one after the other, to a ResponseSink. It enforces the length that each head
// has announced, and counts the bytes sent.
class ResponseWriter {
 public:
  explicit ResponseWriter(ResponseSink& sink) : sink_(sink) {}
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  // Clears the state of the previous response.
  void reset();
  // Use ActiveRequest::begin_response(), which first runs the stages for the head.
  void begin(const http::RequestHead* request, const http::ResponseHead& head,
             const http::Framing& framing);

  // Before begin(): these bytes follow the body, and count to its length. They are dropped if no
  // body is allowed.
  void append(std::string bytes) { appended_ = std::move(bytes); }

  // Each of these returns false if the response cannot be sent completely, as ResponseSink does.
  // Bytes beyond the announced length are dropped.
  base::Task<bool> send(std::string_view bytes, Next next);
  base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t length, Next next);
  // Sends the rest of the body, and ends the response. False also when fewer bytes came than were
  // announced: breaking the response off is the only way to tell the client.
  base::Task<bool> finish(std::string_view rest);
  // Sends a file as the body, or nothing if no body is allowed, and ends the response.
  base::Task<bool> send_whole_file(const files::FileBody& file);

  // False: no byte of a body may be sent (HEAD, 204, 304).
  bool body_allowed() const { return plan_.allowed; }
  // 0: no head is written yet.
  int status() const { return status_; }
  // There will be no response; metrics and the access log show `status`.
  void set_status_unsent(int status) { status_ = status; }
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  base::Task<bool> end_with_appended(std::string_view last);
  std::uint64_t clip(std::uint64_t size);
  base::Task<bool> send_slices(const files::FileBody& file);
  base::Task<bool> send_slice(const files::FileBody& file, files::BodySlice slice, Next after);

  ResponseSink& sink_;
  BodyPlan plan_;  // of the body without appended_
  std::string appended_;
  int status_ = 0;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace tusk::server
