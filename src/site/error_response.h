// Error responses and redirects that the server itself makes, with their header fields (Retry-After
// for 503). They never replace a script's response.
//
// A client that asks for JSON gets a problem document (RFC 9457); others get the site's page
// (site/error_pages.h) or else a small self-contained page.
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

// Fills in a complete response; fields already in `head` stay. If the site has a page for the
// status, returns it; otherwise replaces `body`. `request` is null if it could not be read, `pages`
// if the site has none.
files::ServedFile make_error_response(int status, const http::RequestHead* request,
                                      ErrorPages* pages, http::ResponseHead& head,
                                      std::string& body);

// Redirects to `location`, which must be a valid field value, with 301 or another redirect status.
void make_redirect(const std::string& location, http::ResponseHead& head, std::string& body,
                   int status = 301);

}  // namespace tusk::site
