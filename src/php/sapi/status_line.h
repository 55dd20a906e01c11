// StatusLine: the status that a script has set as text, by header('HTTP/1.1 404 Gone fishing') or
// header('Status: 404 Gone fishing').
//
// Pure. Thread: any.
#pragma once

#include <string_view>

#include "http/response.h"

namespace tusk::php::sapi {

// Takes status and reason, if there is one, from "404 Gone fishing". False: the text is neither,
// and the head is unchanged.
bool take_status(std::string_view text, http::ResponseHead& head);

// Takes the reason from "HTTP/1.1 404 Gone fishing" if the code is still that of the head, and
// http_response_code() has not changed it since. Returns whether it is. `line` may be null.
bool take_reason(const char* line, http::ResponseHead& head);

}  // namespace tusk::php::sapi
