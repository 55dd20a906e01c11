// Session: the protocol of one HTTP/2 connection, on nghttp2: bytes in, requests out; responses in,
// bytes out. No I/O and no clock.
//
// Owner: a connection. Thread: its loop. The connection implements SessionUser, and gives each
// request a StreamUser; both are called from within receive() and produce() only, and may call
// everything here but those two.
//
// A body is handed on as it comes, and its windows are opened again at once: what a request may
// hold is the business of whoever keeps it (memory, then a file), so that no slow upload ever
// stops another stream. A response's body is pulled when there is window and room for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/h2/frame_budget.h"
#include "http/h2/frame_scanner.h"
#include "http/h2/limits.h"
#include "http/h2/priority.h"
#include "http/h2/request_head_builder.h"
#include "http/h2/response_fields.h"
#include "http/h2/violation.h"
#include "http/request.h"
#include "http/response.h"

struct nghttp2_session;

namespace tusk::http::h2 {

using StreamId = std::int32_t;

// What a client begins with (RFC 9113 §3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113 §7, those that are used by name.
enum class ErrorCode : std::uint32_t {
  kNoError = 0x0,
  kProtocolError = 0x1,
  kInternalError = 0x2,
  kStreamClosed = 0x5,
  kRefusedStream = 0x7,
  kCancel = 0x8,
  kEnhanceYourCalm = 0xb,
};

// What a body that is ready waits for.
enum class BlockedOn : std::uint8_t {
  kStreamWindow,      // the client's, to open
  kConnectionWindow,  // as that
  kTurn,              // its turn, or room
};

// One request's other end.
class StreamUser {
 public:
  struct Available {
    std::size_t bytes = 0;  // can be taken now; 0 and not `end`: call resume() when there is more
    bool end = false;       // the body ends after them
  };

  // Of the request. The view is good during the call.
  virtual void on_body(std::string_view piece) = 0;
  // The request is complete. Not called where the head ended it already.
  virtual void on_end() = 0;
  // The response is complete and the request is not. It may be asked to stop, by reset() with
  // no_error (RFC 9113 §8.1), but not in the same breath: curl up to 8, which reads both at once,
  // drops the response. Its window is not opened any more.
  virtual void on_answered_early() = 0;
  // The last call: both sides have ended, or one has reset the stream, or the session ends.
  virtual void on_closed(ErrorCode code) = 0;

  // Of the response: how much of at most `most` bytes may be taken.
  virtual Available body_available(std::size_t most) = 0;
  // Appends exactly `count` bytes, which were available. False: it cannot, the stream is reset.
  virtual bool take_body(std::size_t count, std::string& out) = 0;

 protected:
  ~StreamUser() = default;
};

class SessionUser {
 public:
  // A head is complete; it may be swapped out. `refusal`: answer with this status instead, and take
  // nothing of the head for granted. `ended`: no body follows. Null: the stream is refused.
  virtual StreamUser* on_request(StreamId id, RequestHead& head, const Refusal& refusal,
                                 bool ended) = 0;

 protected:
  ~SessionUser() = default;
};

class Session {
 public:
  Session(const SessionLimits& limits, SessionUser& user);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes all of the input, which begins with the preface. False: the client has broken the
  // protocol or a limit; send what produce() still gives, and close.
  bool receive(std::string_view input, base::MonotonicTime now);

  // Appends what is to be sent, until `out` has at least `most` bytes or there is nothing.
  void produce(std::string& out, std::size_t most);

  // There is something for produce(), or may be.
  bool wants_write() const;
  // Nothing will come or go any more.
  bool finished() const;
  // Frames that wait to be sent and are no data. Whoever does not send must not read on and on.
  std::size_t waiting_frames() const;

  // --- of a stream that is not closed ---
  void send_interim(StreamId id, const ResponseHead& head);  // 1xx
  // The final head. What of a body follows is then pulled from the StreamUser.
  ResponseBody send_head(StreamId id, const ResponseHead& head, const Framing& framing,
                         const ResponseContext& context);
  // There is more of the body than body_available() said last.
  void resume(StreamId id);
  void reset(StreamId id, ErrorCode code);
  BlockedOn blocked_on(StreamId id) const;

  // --- of the connection ---
  // Says that it is going to end: new streams are still taken (RFC 9113 §6.8).
  void announce_end();
  // Takes no more streams, and is finished() when those that are there have ended.
  void end();
  // At once, whatever is in flight.
  void terminate(ErrorCode code);

  std::size_t open_streams() const { return streams_.size(); }
  // A header block has begun and not ended.
  bool reading_head() const { return heads_open_ > 0; }
  std::uint64_t requests() const { return requests_; }
  // Why receive() said false; none where the client only left.
  Violation violation() const { return violation_; }

 private:
  friend struct SessionCallbacks;

  // Control frames that a frame with a purpose makes good: two window updates for each frame of
  // data are usual, a few more are no attack.
  static constexpr std::uint32_t kEarnedByData = 4;

  struct Stream {
    Stream(const SessionLimits& limits, Session& its_session)
        : session(its_session), request(limits) {}
    Session& session;
    RequestHeadBuilder request;
    StreamUser* user = nullptr;
    StreamId id = 0;
    std::size_t place = 0;  // in streams_
    bool head_done = false;
    bool responded = false;  // the final head is submitted
    bool answered = false;   // the response is sent
    std::size_t trailer_bytes = 0;
    Priority priority;  // as the client wants it
  };

  Stream* find(StreamId id) const;
  Stream& open_stream(StreamId id);
  void close_stream(Stream& stream, ErrorCode code);
  void prioritize(const Stream& stream, const ResponseHead& head);
  bool receive_piece(std::string_view piece);
  int check_frame(const FrameHead& frame);
  int count_frame(const FrameHead& frame);
  int violate(Violation violation, ErrorCode code = ErrorCode::kEnhanceYourCalm);
  int check_stream(std::uint8_t type, StreamId id);
  void note_client_done(StreamId id);
  void append_goaway(std::string& out);
  void submit_settings();

  SessionLimits limits_;
  SessionUser& user_;
  nghttp2_session* session_ = nullptr;  // owned
  FrameScanner scanner_{kPreface.size()};
  FrameBudget resets_;
  FrameBudget control_frames_;
  base::MonotonicTime now_{};  // of the receive() that runs, or ran last
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Stream>> free_streams_;
  // The streams that were begun last, also those that were refused, in the order of their numbers.
  // nghttp2 forgets them, and then ignores what a client may not send any more.
  struct Begun {
    StreamId id = 0;
    bool client_done = false;  // it has ended or reset the stream: DATA and HEADERS are an error
  };
  std::deque<Begun> begun_;
  StreamId forgotten_ = 0;  // and all before it
  ResponseFields fields_;
  std::string* out_ = nullptr;  // while produce() runs
  std::size_t out_most_ = 0;
  std::uint64_t requests_ = 0;
  std::size_t heads_open_ = 0;
  Violation violation_ = Violation::kNone;
  ErrorCode goaway_code_ = ErrorCode::kProtocolError;
  int failure_ = 0;  // of nghttp2, fatal: only the GOAWAY of our own making is still sent
  bool goaway_due_ = false;
  bool said_goaway_ = false;
  bool ending_ = false;
};

}  // namespace tusk::http::h2
