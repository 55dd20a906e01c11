// Interim responses (1xx, RFC 9110 §15.2) that a script sends: 103 Early Hints.
//
// There are three ways to send one: tusk_early_hints(), headers_send(103), and a status line of 103
// that is followed by flush() or output. The fields are built in RequestContext::interim, because
// PHP may leave the functions that do it by longjmp.
//
// Thread: the worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "php/request_context.h"

namespace tusk::php::sapi {

enum class InterimField : std::uint8_t {
  kTaken,
  kInvalid,  // the line is not a field
  kNoRoom,   // the response would be larger than any that is sent (exec/reply.h): it is empty again
};

// Adds "Name: value" to context.interim.
InterimField add_interim_field(RequestContext& context, const char* line,
                               std::size_t length) noexcept;

// Sends context.interim.
void send_interim(RequestContext& context) noexcept;

// Sends what header() has set so far, as a response of this status. The fields stay.
void send_fields_as_interim(RequestContext& context, int status) noexcept;

// Call it when header() or http_response_code() has set an interim status and the header is about
// to be sent: sends the interim response and makes the final status 200.
void send_interim_status(RequestContext& context) noexcept;

}  // namespace tusk::php::sapi
