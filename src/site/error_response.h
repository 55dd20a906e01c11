// The answers that the server gives by itself: what an error looks like, and which header fields
// go with it (Retry-After with 503). Never in place of a response that a script has made.
//
// For a client that asks for JSON it is a problem document (RFC 9457), else the site's page
// (site/error_pages.h), else a small page of our own, which needs nothing else to be shown.
//
// Thread: any; with `pages` the loop.
#pragma once

#include <string>
#include <string_view>

#include "files/file_loader.h"
#include "http/request.h"
#include "http/response.h"

namespace tusk::site {

class ErrorPages;

// Fills in a complete response; fields that are in `head` already stay. `body` is replaced, unless
// the site has a page for it: then that is returned. `request` is null when it could not be read,
// `pages` where the site has none.
files::ServedFile make_error_response(int status, const http::RequestHead* request,
                                      ErrorPages* pages, http::ResponseHead& head,
                                      std::string& body);

// 301, or another status of that kind, to `location`, which is a valid field value.
void make_redirect(const std::string& location, http::ResponseHead& head, std::string& body,
                   int status = 301);

}  // namespace tusk::site
