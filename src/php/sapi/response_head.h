// Converts PHP's list of headers into the head of a response.
//
// Thread: the worker that runs the request.
#pragma once

#include "http/response.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// Hop-by-hop fields are left to the serializer, which drops them; `Status:` belongs to CGI and is
// removed here. The status is the code that PHP has parsed, not the text of a status line. After a
// fatal error, which has set it to 500, a script's `Status:` is ignored.
void build_response_head(const sapi_headers_struct& headers, bool fatal_error,
                         http::ResponseHead& head) noexcept;

}  // namespace tusk::php::sapi
