// From PHP's list of headers to the head of a response.
//
// Thread: the worker that runs the request.
#pragma once

#include "http/response.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// Hop-by-hop fields are left to the serializer, which drops them; `Status:` is CGI's and stops
// here. The code is the one PHP parsed, not the text of a status line. After a fatal error, which
// has made it 500, no `Status:` of the script says otherwise.
void build_response_head(const sapi_headers_struct& headers, bool fatal_error,
                         http::ResponseHead& head) noexcept;

}  // namespace tusk::php::sapi
