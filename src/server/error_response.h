// The answers that the server gives by itself: what an error looks like, and which header fields
// go with it (Retry-After with 503).
//
// Thread: any.
#pragma once

#include <string>

#include "http/response.h"

namespace tusk::server {

// Fills in a complete response with a small page. `body` is replaced.
void make_error_response(int status, http::ResponseHead& head, std::string& body);

// 301 to `location`, which is a valid field value.
void make_redirect(const std::string& location, http::ResponseHead& head, std::string& body);

}  // namespace tusk::server
