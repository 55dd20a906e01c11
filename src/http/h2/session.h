// Session: the protocol of one HTTP/2 connection, based on nghttp2. Received bytes become requests,
// responses become bytes to send. No I/O and no clock.
//
// Owner: a connection, which implements SessionUser and gives each request a StreamUser. Thread:
// its loop.
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

// The first bytes that a client sends (RFC 9113 §3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// The codes of RFC 9113 §7 that are used by name.
enum class ErrorCode : std::uint32_t {
  kNoError = 0x0,
  kProtocolError = 0x1,
  kInternalError = 0x2,
  kStreamClosed = 0x5,
  kRefusedStream = 0x7,
  kCancel = 0x8,
  kEnhanceYourCalm = 0xb,
};

// Why a body with data to send does not move.
enum class BlockedOn : std::uint8_t {
  kStreamWindow,      // the client has to open the stream's window
  kConnectionWindow,  // the client has to open the connection's window
  kTurn,              // other streams come first, or the output is full
};

// The application's side of one request.
class StreamUser {
 public:
  struct Available {
    std::size_t bytes = 0;  // ready now; if 0 and not `end`, call resume() when there are more
    bool end = false;       // the body ends after them
  };

  // A piece of the request's body. The view is valid during the call.
  virtual void on_body(std::string_view piece) = 0;
  // The request is complete. Not called if the head already ended it.
  virtual void on_end() = 0;
  // The response is complete but the request is not. The client may be asked to stop by reset()
  // with kNoError (RFC 9113 §8.1), but not immediately: curl up to version 8 reads both at once and
  // drops the response. The stream's window is not opened any more.
  virtual void on_answered_early() = 0;
  // The last call: both sides have ended, one side has reset the stream, or the session ends.
  virtual void on_closed(ErrorCode code) = 0;

  // How much of the response's body may be taken, of at most `most` bytes.
  virtual Available body_available(std::size_t most) = 0;
  // Appends exactly `count` bytes, which were available. Returns false to reset the stream.
  virtual bool take_body(std::size_t count, std::string& out) = 0;

 protected:
  ~StreamUser() = default;
};

// The application's side of the connection.
class SessionUser {
 public:
  // A head is complete; it may be swapped out. If `refusal` is set, answer with its status and do
  // not rely on the head. `ended`: no body follows. Return null to refuse the stream.
  virtual StreamUser* on_request(StreamId id, RequestHead& head, const Refusal& refusal,
                                 bool ended) = 0;

 protected:
  ~SessionUser() = default;
};

// SessionUser and StreamUser are called only from receive() and produce(). They may call everything
// here except those two.
//
// A request's body is passed on as it arrives, and its windows are opened again at once. Its user
// limits what a body may hold (memory, then a file), so that a slow upload never stops another
// stream. A response's body is pulled when there are window and room for it.
class Session {
 public:
  Session(const SessionLimits& limits, SessionUser& user);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes all of the input, which begins with the preface. Returns false when the client has broken
  // the protocol or a limit: send what produce() still returns, and close.
  bool receive(std::string_view input, base::MonotonicTime now);

  // Appends bytes to send, until `out` has at least `most` bytes or there are no more.
  void produce(std::string& out, std::size_t most);

  // produce() has something to return, or may have.
  bool wants_write() const;
  // Nothing more will be received or sent.
  bool finished() const;
  // Frames to send that are not data. A connection that cannot send them must stop reading.
  std::size_t waiting_frames() const;

  // --- for an open stream ---
  void send_interim(StreamId id, const ResponseHead& head);  // 1xx
  // Sends the final head. If a body follows, it is then pulled from the StreamUser.
  ResponseBody send_head(StreamId id, const ResponseHead& head, const Framing& framing,
                         const ResponseContext& context);
  // There is more of the body than body_available() last said.
  void resume(StreamId id);
  // Not the client's fault: it does not count as one of its resets.
  void reset(StreamId id, ErrorCode code);
  BlockedOn blocked_on(StreamId id) const;

  // --- for the connection ---
  // Announces the end; new streams are still accepted (RFC 9113 §6.8).
  void announce_end();
  // Accepts no more streams; finished() once the open ones have ended.
  void end();
  // Ends the connection at once.
  void terminate(ErrorCode code);

  std::size_t open_streams() const { return streams_.size(); }
  // A header block has begun but not ended.
  bool reading_head() const { return heads_open_ > 0; }
  std::uint64_t requests() const { return requests_; }
  // Why receive() returned false. kNone if the client only left.
  Violation violation() const { return violation_; }

 private:
  friend struct SessionCallbacks;

  // Control frames that a useful frame earns back. Two window updates for each frame of data are
  // usual; a few more are no attack.
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
    bool given_up = false;   // its reset is not the client's fault
    std::size_t trailer_bytes = 0;
    Priority priority;  // as requested by the client
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
  base::MonotonicTime now_{};  // as passed to the current or last receive()
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Stream>> free_streams_;
  // The latest streams, refused ones included, in ascending order. nghttp2 forgets closed streams,
  // and then ignores frames that the client must not send for them.
  struct Begun {
    StreamId id = 0;
    bool client_done = false;  // the client ended or reset it: DATA and HEADERS are an error
  };
  std::deque<Begun> begun_;
  StreamId forgotten_ = 0;  // this and all earlier streams
  ResponseFields fields_;
  std::string* out_ = nullptr;  // while produce() runs
  std::size_t out_most_ = 0;
  std::uint64_t requests_ = 0;
  std::size_t heads_open_ = 0;
  Violation violation_ = Violation::kNone;
  ErrorCode goaway_code_ = ErrorCode::kProtocolError;
  int failure_ = 0;  // nghttp2's fatal error: only our own GOAWAY is still sent
  bool goaway_due_ = false;
  bool said_goaway_ = false;
  bool ending_ = false;
};

}  // namespace tusk::http::h2
