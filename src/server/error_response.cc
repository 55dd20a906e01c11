#include "server/error_response.h"

#include <string_view>

#include "http/status.h"

namespace tusk::server {

namespace {

// A queue that is full now may be empty in a second; a client that comes back at once makes it
// worse.
constexpr std::string_view kRetryAfterSeconds = "1";

void fill(int status, std::string_view explanation, http::ResponseHead& head, std::string& body) {
  head.clear();
  head.status = status;
  head.add("Content-Type", "text/html; charset=utf-8");
  const std::string title = std::to_string(status) + " " + std::string(http::reason_phrase(status));
  body.assign("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
  body.append(title);
  body.append(
      "</title><style>body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34em;"
      "padding:0 1em;color:#333}h1{font-weight:500}</style></head>\n<body><h1>");
  body.append(title);
  body.append("</h1><p>");
  body.append(explanation);
  body.append("</p></body></html>\n");
}

std::string_view explain(int status) {
  switch (status) {
    case 400:
      return "The request could not be understood.";
    case 403:
      return "This may not be seen.";
    case 404:
      return "There is nothing at this address.";
    case 405:
      return "This method cannot be used here.";
    case 408:
      return "The request did not arrive in time.";
    case 413:
      return "The request is larger than this server accepts.";
    case 414:
      return "The address is longer than this server accepts.";
    case 431:
      return "The request has more header fields than this server accepts.";
    case 500:
      return "Something went wrong on the server.";
    case 503:
      return "The server is busy. Please try again in a moment.";
    default:
      return "";
  }
}

}  // namespace

void make_error_response(int status, http::ResponseHead& head, std::string& body) {
  fill(status, explain(status), head, body);
  if (status == 503) head.add("Retry-After", kRetryAfterSeconds);
}

void make_redirect(const std::string& location, http::ResponseHead& head, std::string& body) {
  fill(301, "This page has moved.", head, body);
  head.add("Location", location);
}

}  // namespace tusk::server
