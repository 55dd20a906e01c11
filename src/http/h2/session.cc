#include "http/h2/session.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "http/h2/session_callbacks.h"
#include "http/token.h"

namespace tusk::http::h2 {
namespace {

// Free streams that are kept, with their buffers.
constexpr std::size_t kKeptStreams = 16;

// The limit of a response's encoded head. nghttp2's own limit is 64 KiB, which scripts with many
// cookies exceed. Memory is allocated only as needed.
constexpr std::size_t kMaxHeadBytes = 1024 * 1024;

// How many stream numbers are remembered. Frames for older ones are ignored.
constexpr std::size_t kRemembered = 256;

class Options {
 public:
  explicit Options(const SessionLimits& limits) {
    TUSK_CHECK(nghttp2_option_new(&option_) == 0);
    nghttp2_option_set_no_auto_window_update(option_, 1);
    nghttp2_option_set_no_closed_streams(option_, 1);
    nghttp2_option_set_max_continuations(option_, limits.max_continuations);
    nghttp2_option_set_max_send_header_block_length(option_, kMaxHeadBytes);
    nghttp2_option_set_max_outbound_ack(option_, limits.max_unsent_acks);
    nghttp2_option_set_builtin_recv_extension_type(option_, NGHTTP2_PRIORITY_UPDATE);
    // Our limit also counts what nghttp2's does not (streams that a client makes us reset), and it
    // knows why it ends the connection.
    constexpr std::uint64_t kNever = 1U << 30U;
    nghttp2_option_set_stream_reset_rate_limit(option_, kNever, kNever);
  }
  ~Options() { nghttp2_option_del(option_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  const nghttp2_option* get() const { return option_; }

 private:
  nghttp2_option* option_ = nullptr;
};

std::vector<nghttp2_nv> pairs_of(const ResponseFields& fields) {
  std::vector<nghttp2_nv> pairs;
  pairs.reserve(fields.fields().size());
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  for (const ResponseFields::Field& field : fields.fields()) {
    pairs.push_back({bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  return pairs;
}

}  // namespace

Session::Session(const SessionLimits& limits, SessionUser& user)
    : limits_(limits),
      user_(user),
      resets_(limits.max_resets),
      control_frames_(limits.max_control_frames) {
  const Options options(limits);
  // This fails only without memory.
  TUSK_CHECK(
      nghttp2_session_server_new2(&session_, SessionCallbacks::table(), this, options.get()) == 0);
  submit_settings();
}

Session::~Session() {
  // No user is called any more: the connection ends its requests itself.
  nghttp2_session_del(session_);
}

void Session::submit_settings() {
  const std::array<nghttp2_settings_entry, 4> entries = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.header_bytes)},
      // RFC 9218 §2.1: it replaces the priorities of RFC 7540.
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(limits_.connection_window_bytes));
}

bool Session::receive(std::string_view input, base::MonotonicTime now) {
  now_ = now;
  while (failure_ == 0 && !input.empty()) {
    const FrameScanner::Scan scan = scanner_.scan(input);
    std::string_view piece = input.substr(scan.head, scan.payload);
    input.remove_prefix(scan.head + scan.payload);
    if (scan.complete) {
      failure_ = check_frame(scanner_.head());
      if (failure_ != 0) break;
      // nghttp2 gets whole frame headers: it counts each piece of a CONTINUATION's as a frame.
      const std::string_view head = scanner_.head_bytes();
      if (scan.head == head.size() && !piece.empty()) {
        piece = {piece.data() - scan.head, scan.head + piece.size()};
      } else if (!receive_piece(head)) {
        break;
      }
    }
    if (!piece.empty() && !receive_piece(piece)) break;
  }
  if (failure_ == 0) return true;
  if (!said_goaway_) goaway_due_ = true;
  said_goaway_ = true;
  return false;
}

bool Session::receive_piece(std::string_view piece) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size());
  if (taken >= 0) return true;
  failure_ = static_cast<int>(taken);
  if (violation_ != Violation::kNone) return false;
  violation_ = failure_ == NGHTTP2_ERR_FLOODED                  ? Violation::kAcks
               : failure_ == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ? Violation::kContinuations
                                                                : Violation::kProtocol;
  if (violation_ != Violation::kProtocol) goaway_code_ = ErrorCode::kEnhanceYourCalm;
  return false;
}

void Session::produce(std::string& out, std::size_t most) {
  out_ = &out;
  out_most_ = most;
  while (failure_ == 0 && out.size() < most) {
    const std::uint8_t* bytes = nullptr;
    const std::size_t before = out.size();
    const ssize_t length = nghttp2_session_mem_send(session_, &bytes);
    if (length < 0) {
      failure_ = static_cast<int>(length);
      goaway_due_ = !said_goaway_;
      said_goaway_ = true;
      break;
    }
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    // Nothing is left; a pause after data looks the same.
    if (length == 0 && out.size() == before) break;
  }
  out_ = nullptr;
  if (failure_ != 0 && goaway_due_) append_goaway(out);
}

// After a fatal error nghttp2 cannot be used any more. The frames in `out` are whole, so another
// one can follow them (RFC 9113 §6.8).
void Session::append_goaway(std::string& out) {
  goaway_due_ = false;
  const auto append_number = [&out](std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xffU));
    }
  };
  out.append(std::string_view("\0\0\x08\x07\0", 5));  // length 8, GOAWAY, no flags
  append_number(0);                                   // the connection
  append_number(static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(session_)));
  append_number(static_cast<std::uint32_t>(goaway_code_));
}

bool Session::wants_write() const {
  return failure_ != 0 ? goaway_due_ : nghttp2_session_want_write(session_) != 0;
}

bool Session::finished() const {
  if (failure_ != 0) return !goaway_due_;
  return nghttp2_session_want_write(session_) == 0 && nghttp2_session_want_read(session_) == 0;
}

std::size_t Session::waiting_frames() const {
  return failure_ != 0 ? 0 : nghttp2_session_get_outbound_queue_size(session_);
}

void Session::send_interim(StreamId id, const ResponseHead& head) {
  fields_.fill_interim(head);
  const std::vector<nghttp2_nv> pairs = pairs_of(fields_);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, id, nullptr, pairs.data(), pairs.size(),
                         nullptr);
}

ResponseBody Session::send_head(StreamId id, const ResponseHead& head, const Framing& framing,
                                const ResponseContext& context) {
  const ResponseBody body = fields_.fill(head, framing, context);
  Stream* const stream = find(id);
  TUSK_CHECK(stream != nullptr && !stream->responded);
  stream->responded = true;
  const std::vector<nghttp2_nv> pairs = pairs_of(fields_);
  const nghttp2_data_provider provider = SessionCallbacks::body_of(*stream);
  nghttp2_submit_response(session_, id, pairs.data(), pairs.size(),
                          body.follows ? &provider : nullptr);
  if (body.follows) prioritize(*stream, head);
  return body;
}

// RFC 9218 §8: the response's own field overrides the client's.
void Session::prioritize(const Stream& stream, const ResponseHead& head) {
  Priority merged = stream.priority;
  for (const HeaderField& field : head.fields) {
    if (equals_lower(head.view(field.name), "priority")) merged.merge(head.view(field.value));
  }
  if (merged == stream.priority) return;
  const nghttp2_extpri wanted{.urgency = merged.urgency, .inc = merged.incremental ? 1 : 0};
  nghttp2_session_change_extpri_stream_priority(session_, stream.id, &wanted, 0);
}

void Session::resume(StreamId id) { nghttp2_session_resume_data(session_, id); }

void Session::reset(StreamId id, ErrorCode code) {
  if (Stream* const stream = find(id)) stream->given_up = true;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code));
}

BlockedOn Session::blocked_on(StreamId id) const {
  if (nghttp2_session_get_stream_remote_window_size(session_, id) <= 0) {
    return BlockedOn::kStreamWindow;
  }
  return nghttp2_session_get_remote_window_size(session_) <= 0 ? BlockedOn::kConnectionWindow
                                                               : BlockedOn::kTurn;
}

void Session::announce_end() {
  if (failure_ == 0 && !ending_) nghttp2_submit_shutdown_notice(session_);
}

void Session::end() {
  if (failure_ != 0 || ending_) return;
  ending_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Session::terminate(ErrorCode code) {
  if (failure_ != 0) return;
  ending_ = true;
  nghttp2_session_terminate_session(session_, static_cast<std::uint32_t>(code));
}

Session::Stream* Session::find(StreamId id) const {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
}

Session::Stream& Session::open_stream(StreamId id) {
  if (free_streams_.empty()) free_streams_.push_back(std::make_unique<Stream>(limits_, *this));
  streams_.push_back(std::move(free_streams_.back()));
  free_streams_.pop_back();
  Stream& stream = *streams_.back();
  stream.request.clear();
  stream.user = nullptr;
  stream.id = id;
  stream.place = streams_.size() - 1;
  stream.head_done = stream.responded = stream.answered = stream.given_up = false;
  ++heads_open_;
  stream.trailer_bytes = 0;
  stream.priority = {};
  return stream;
}

void Session::close_stream(Stream& stream, ErrorCode code) {
  nghttp2_session_set_stream_user_data(session_, stream.id, nullptr);
  StreamUser* const user = stream.user;
  stream.user = nullptr;
  if (!stream.head_done) --heads_open_;
  std::unique_ptr<Stream> freed = std::move(streams_[stream.place]);
  if (stream.place + 1 < streams_.size()) {
    streams_[stream.place] = std::move(streams_.back());
    streams_[stream.place]->place = stream.place;
  }
  streams_.pop_back();
  if (free_streams_.size() < kKeptStreams) free_streams_.push_back(std::move(freed));
  if (user != nullptr) user->on_closed(code);
}

int Session::violate(Violation violation, ErrorCode code) {
  if (violation_ == Violation::kNone) violation_ = violation;
  goaway_code_ = code;
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

// RFC 9113 §5.1, §5.1.1: detects DATA and HEADERS for streams that the client may not use any more.
// If we closed the stream ourselves, the client may not know yet.
int Session::check_stream(std::uint8_t type, StreamId id) {
  if (id % 2 == 0) return 0;  // nghttp2 checks these
  if (begun_.empty() || id > begun_.back().id) {
    if (type != NGHTTP2_HEADERS) return 0;
    begun_.push_back({id, false});
    if (begun_.size() > kRemembered) {
      forgotten_ = begun_.front().id;
      begun_.pop_front();
    }
    return 0;
  }
  if (id <= forgotten_ || find(id) != nullptr) return 0;
  const auto at = std::ranges::lower_bound(begun_, id, {}, &Begun::id);
  if (at->id != id) return violate(Violation::kProtocol, ErrorCode::kProtocolError);
  return at->client_done ? violate(Violation::kProtocol, ErrorCode::kStreamClosed) : 0;
}

void Session::note_client_done(StreamId id) {
  const auto at = std::ranges::lower_bound(begun_, id, {}, &Begun::id);
  if (at != begun_.end() && at->id == id) at->client_done = true;
}

int Session::check_frame(const FrameHead& frame) {
  if (frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS) {
    if (const int refused = check_stream(frame.type, frame.stream); refused != 0) return refused;
  }
  // nghttp2 does not check the obsolete priority frames; RFC 9113 §6.3 requires it.
  if (frame.type == NGHTTP2_PRIORITY && frame.stream == 0) {
    return violate(Violation::kProtocol, ErrorCode::kProtocolError);
  }
  return count_frame(frame);
}

// Counts every frame, including those that nghttp2 then ignores or refuses.
int Session::count_frame(const FrameHead& frame) {
  Violation kind = Violation::kUnknownFrames;
  switch (frame.type) {
    case NGHTTP2_DATA:
      if (frame.length > 0 || (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        control_frames_.earn(kEarnedByData);
        return 0;
      }
      kind = Violation::kEmptyFrames;
      break;
    case NGHTTP2_HEADERS:
      control_frames_.earn(kEarnedByData);
      return 0;
    case NGHTTP2_CONTINUATION:
      if (frame.length > 0) return 0;  // nghttp2 counts those
      kind = Violation::kEmptyFrames;
      break;
    case NGHTTP2_RST_STREAM:  // has its own budget
    case NGHTTP2_GOAWAY:
      return 0;
    case NGHTTP2_PING:
      kind = Violation::kPings;
      break;
    case NGHTTP2_SETTINGS:
      kind = Violation::kSettings;
      break;
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PRIORITY_UPDATE:
      kind = Violation::kPriorities;
      break;
    case NGHTTP2_WINDOW_UPDATE:
      kind = Violation::kWindowUpdates;
      break;
    default:
      break;
  }
  return control_frames_.spend(now_) ? 0 : violate(kind);
}

}  // namespace tusk::http::h2
