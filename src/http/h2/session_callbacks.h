// SessionCallbacks: the callbacks of Session.
//
// Static functions, a part of Session. Thread: its loop.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

#include "http/h2/session.h"

namespace tusk::http::h2 {

// The functions that nghttp2 calls while a Session receives or produces.
struct SessionCallbacks {
  // For all sessions; built once.
  static const nghttp2_session_callbacks* table();

  // The source of a response's body: how much there is, and where it goes.
  static nghttp2_data_provider body_of(Session::Stream& stream);

  // --- receiving ---
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                       std::uint8_t flags, void* user);
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame* frame,
                               const std::uint8_t* name, std::size_t name_length,
                               const std::uint8_t* value, std::size_t value_length,
                               std::uint8_t flags, void* user);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_data(nghttp2_session*, std::uint8_t flags, std::int32_t id,
                     const std::uint8_t* data, std::size_t length, void* user);
  static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user);

  // --- sending ---
  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into,
                           std::size_t length, std::uint32_t* flags, nghttp2_data_source* source,
                           void* user);
  static int send_body(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_head,
                       std::size_t length, nghttp2_data_source* source, void* user);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_frame_not_sent(nghttp2_session* handle, const nghttp2_frame* frame, int error,
                               void* user);

 private:
  static int end_of_head(Session& session, Session::Stream& stream, bool ended);
  static void count_own_reset(Session& session, const nghttp2_frame& frame);
  static void end_of_early_answer(Session& session, std::int32_t id);
};

}  // namespace tusk::http::h2
