// ResponseSink: the seam between a Transaction and a protocol.
//
// Owner: the connection. Thread: its loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "http/request.h"
#include "http/response.h"
#include "net/byte_stream.h"

namespace tusk::server {

// The caller's next step after these bytes.
enum class Next : std::uint8_t {
  kNow,    // more, at once: it may share a packet with them
  kLater,  // more, at an unknown time
  kEnd,    // nothing: the response is complete
};

// How much may be sent after a head.
struct BodyPlan {
  bool allowed = false;                 // false: no byte (HEAD, 204, 304)
  std::optional<std::uint64_t> length;  // exactly this many bytes, or the response is broken off
};

// The place to which a Transaction sends its response: an HTTP/1 connection, or a stream of HTTP/2.
//
// A response is begin(), then send() and send_file() until one of them gets Next::kEnd. Each of
// these returns when the caller's bytes are not needed any more, at the client's pace: that wait is
// the back-pressure. False means that the client is gone or was too slow, and that nothing more may
// be sent.
class ResponseSink {
 public:
  // Makes the head; it leaves with the first send(). `request` is null when it could not be read,
  // and the connection then ends after the response.
  virtual BodyPlan begin(const http::RequestHead* request, const http::ResponseHead& head,
                         const http::Framing& framing) = 0;

  virtual base::Task<bool> send(std::string_view bytes, Next next) = 0;
  virtual base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t length,
                                     Next next) = 0;
  // Sends a 1xx response, before begin(). Does nothing where the client's version of HTTP has none.
  virtual base::Task<bool> send_interim(const http::RequestHead& request,
                                        const http::ResponseHead& head) = 0;

  // Sets when to raise Wakeup::kDeadline; MonotonicTime::max(): never.
  virtual void set_deadline(base::MonotonicTime at) = 0;

  // Breaks the response off: a send that waits for the client returns false. The caller raises
  // Wakeup::kBrokenOff after this.
  virtual void break_off() = 0;

  // Called when a worker has made more of the response.
  virtual void on_output() {}

  // Raises Wakeup::kReadable when the client has sent something or left; client() then tells which.
  virtual void watch_client() = 0;
  virtual net::IoStatus client() = 0;

 protected:
  ~ResponseSink() = default;
};

}  // namespace tusk::server
