#include "http/h2/session_callbacks.h"

#include <algorithm>

#include "base/check.h"

namespace tusk::http::h2 {
namespace {

constexpr std::size_t kFrameHeadBytes = 9;

Session& session_of(void* user) { return *static_cast<Session*>(user); }

std::string_view view(const std::uint8_t* bytes, std::size_t length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

const nghttp2_session_callbacks* SessionCallbacks::table() {
  static const nghttp2_session_callbacks* const kTable = [] {
    nghttp2_session_callbacks* made = nullptr;
    TUSK_CHECK(nghttp2_session_callbacks_new(&made) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(made, send_body);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, on_frame_not_sent);
    return made;
  }();
  return kTable;
}

int SessionCallbacks::on_begin_headers(nghttp2_session* handle, const nghttp2_frame* frame,
                                       void* user) {
  Session& session = session_of(user);
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    Session::Stream& stream = session.open_stream(frame->hd.stream_id);
    nghttp2_session_set_stream_user_data(handle, frame->hd.stream_id, &stream);
  }
  return 0;
}

int SessionCallbacks::on_header(nghttp2_session*, const nghttp2_frame* frame,
                                const std::uint8_t* name, std::size_t name_length,
                                const std::uint8_t* value, std::size_t value_length, std::uint8_t,
                                void* user) {
  Session& session = session_of(user);
  Session::Stream* const stream = session.find(frame->hd.stream_id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (stream->head_done) {
    // Trailers are dropped (RFC 9110 §6.5.1), but their size has a limit.
    stream->trailer_bytes += name_length + value_length + 32;
    if (stream->trailer_bytes <= session.limits_.header_bytes) return 0;
    return session.violate(Violation::kHeaderList);
  }
  switch (stream->request.add(view(name, name_length), view(value, value_length))) {
    case RequestHeadBuilder::Added::kTaken:
      return 0;
    case RequestHeadBuilder::Added::kMalformed:
      nghttp2_submit_rst_stream(session.session_, NGHTTP2_FLAG_NONE, stream->id,
                                NGHTTP2_PROTOCOL_ERROR);
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    case RequestHeadBuilder::Added::kExcessive:
      break;
  }
  return session.violate(Violation::kHeaderList);
}

// Makes the stream malformed (RFC 9113 §8.2.1). By default nghttp2 drops the field, and a field
// that one server ignores and another does not is how requests are smuggled.
int SessionCallbacks::on_invalid_header(nghttp2_session*, const nghttp2_frame* frame,
                                        const std::uint8_t*, std::size_t, const std::uint8_t*,
                                        std::size_t, std::uint8_t, void* user) {
  nghttp2_submit_rst_stream(session_of(user).session_, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                            NGHTTP2_PROTOCOL_ERROR);
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int SessionCallbacks::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  Session& session = session_of(user);
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    session.note_client_done(frame->hd.stream_id);
    return session.resets_.spend(session.now_) ? 0 : session.violate(Violation::kResets);
  }
  if (frame->hd.type == NGHTTP2_PRIORITY_UPDATE) {
    const auto& update = *static_cast<const nghttp2_ext_priority_update*>(frame->ext.payload);
    if (Session::Stream* const stream = session.find(update.stream_id)) {
      stream->priority = {};
      stream->priority.merge(view(update.field_value, update.field_value_len));
    }
    return 0;
  }
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  const bool ended = ends_stream(*frame);
  if (ended) session.note_client_done(frame->hd.stream_id);
  Session::Stream* const stream = session.find(frame->hd.stream_id);
  if (stream == nullptr) return 0;
  if (!stream->head_done) return end_of_head(session, *stream, ended);
  if (ended && stream->user != nullptr) stream->user->on_end();
  return 0;
}

int SessionCallbacks::end_of_head(Session& session, Session::Stream& stream, bool ended) {
  stream.head_done = true;
  --session.heads_open_;
  ++session.requests_;
  const Refusal refusal = stream.request.finish(ended ? RequestHeadBuilder::Body::kNone
                                                      : RequestHeadBuilder::Body::kFollows);
  if (!refusal.refused()) stream.priority.merge(stream.request.head().find("priority"));
  stream.user = session.user_.on_request(stream.id, stream.request.head(), refusal, ended);
  stream.request.free_large();
  if (stream.user == nullptr) session.reset(stream.id, ErrorCode::kRefusedStream);
  return 0;
}

int SessionCallbacks::on_data(nghttp2_session* handle, std::uint8_t, std::int32_t id,
                              const std::uint8_t* data, std::size_t length, void* user) {
  Session::Stream* const stream = session_of(user).find(id);
  if (stream == nullptr || stream->user == nullptr) {
    nghttp2_session_consume_connection(handle, length);
    return 0;
  }
  stream->user->on_body(view(data, length));
  if (stream->answered) {
    nghttp2_session_consume_connection(handle, length);
  } else {
    nghttp2_session_consume(handle, id, length);
  }
  return 0;
}

int SessionCallbacks::on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code,
                                      void* user) {
  Session& session = session_of(user);
  if (Session::Stream* const stream = session.find(id)) {
    session.close_stream(*stream, static_cast<ErrorCode>(code));
  }
  return 0;
}

nghttp2_data_provider SessionCallbacks::body_of(Session::Stream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = read_body;
  return provider;
}

ssize_t SessionCallbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t*,
                                    std::size_t length, std::uint32_t* flags,
                                    nghttp2_data_source* source, void*) {
  Session::Stream& stream = *static_cast<Session::Stream*>(source->ptr);
  const StreamUser::Available available = stream.user->body_available(length);
  if (available.end) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  } else if (available.bytes == 0) {
    return NGHTTP2_ERR_DEFERRED;
  }
  // For an empty frame that ends the stream, send_body is not needed.
  if (available.bytes > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ssize_t>(std::min(available.bytes, length));
}

// Copies the data once, from the body to the connection's output.
int SessionCallbacks::send_body(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_head,
                                std::size_t length, nghttp2_data_source* source, void* user) {
  Session& session = session_of(user);
  Session::Stream& stream = *static_cast<Session::Stream*>(source->ptr);
  std::string& out = *session.out_;
  const std::size_t before = out.size();
  out.append(view(frame_head, kFrameHeadBytes));
  if (!stream.user->take_body(length, out)) {
    out.resize(before);
    stream.given_up = true;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  TUSK_CHECK(out.size() == before + kFrameHeadBytes + length);
  session.control_frames_.earn(Session::kEarnedByData);
  return out.size() >= session.out_most_ ? NGHTTP2_ERR_PAUSE : 0;
}

int SessionCallbacks::on_frame_sent(nghttp2_session* handle, const nghttp2_frame* frame,
                                    void* user) {
  Session& session = session_of(user);
  switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM:
      count_own_reset(session, *frame);
      break;
    case NGHTTP2_GOAWAY:
      if (frame->goaway.error_code != NGHTTP2_NO_ERROR && session.violation_ == Violation::kNone) {
        session.violation_ = Violation::kProtocol;
      }
      break;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if (ends_stream(*frame) &&
          nghttp2_session_get_stream_remote_close(handle, frame->hd.stream_id) == 0) {
        end_of_early_answer(session, frame->hd.stream_id);
      }
      break;
    default:
      break;
  }
  return 0;
}

// Frames that make us reset a stream are a kind of rapid reset (CVE-2025-8671). A response that has
// failed is not: in a proxy's connection it would end the responses to others.
void SessionCallbacks::count_own_reset(Session& session, const nghttp2_frame& frame) {
  const std::uint32_t code = frame.rst_stream.error_code;
  if (code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL) return;
  const Session::Stream* const stream = session.find(frame.hd.stream_id);
  if (stream != nullptr && stream->given_up) return;
  if (session.resets_.spend(session.now_) || session.violation_ != Violation::kNone) return;
  session.violation_ = Violation::kResets;
  nghttp2_session_terminate_session(session.session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void SessionCallbacks::end_of_early_answer(Session& session, std::int32_t id) {
  Session::Stream* const stream = session.find(id);
  if (stream == nullptr || stream->user == nullptr) return;
  stream->answered = true;
  stream->user->on_answered_early();
}

// The head is too large: reset the stream, or the client would wait for ever.
int SessionCallbacks::on_frame_not_sent(nghttp2_session* handle, const nghttp2_frame* frame, int,
                                        void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (session_of(user).find(frame->hd.stream_id) == nullptr) return 0;
  nghttp2_submit_rst_stream(handle, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_INTERNAL_ERROR);
  return 0;
}

}  // namespace tusk::http::h2
