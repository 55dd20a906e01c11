// Status codes: the standard reason phrases, and which responses have no body.
//
// Pure. Thread: any. RFC 9110 §15 and the IANA registry of HTTP status codes.
#pragma once

#include <string_view>

namespace tusk::http {

// "Not Found"; for a code without a phrase the name of its class ("Client Error"). Never empty.
std::string_view reason_phrase(int status);

// Whether a response with that status has no body, whatever its fields say: 1xx, 204, 304
// (RFC 9110 §6.4.1).
constexpr bool is_bodyless(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

}  // namespace tusk::http
