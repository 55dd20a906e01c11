#include "site/error_response.h"

#include <string_view>

#include "http/accept.h"
#include "http/status.h"
#include "site/error_pages.h"

namespace tusk::site {

namespace {

// A full queue may be empty in a second, and clients that come back at once make it worse.
constexpr std::string_view kRetryAfterSeconds = "1";

std::string_view explain(int status) {
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return "This page has moved.";
    case 400:
      return "The server could not understand the request.";
    case 401:
      return "Please log in to see this page.";
    case 403:
      return "You do not have access to this page.";
    case 404:
      return "There is nothing at this address.";
    case 405:
      return "This address does not support the request's method.";
    case 408:
      return "The request did not arrive in time.";
    case 410:
      return "The page at this address has been removed.";
    case 413:
      return "The request is larger than this server accepts.";
    case 414:
      return "The address is longer than this server accepts.";
    case 417:
      return "This server cannot meet an expectation of the request.";
    case 429:
      return "You have sent too many requests. Please try again later.";
    case 431:
      return "The request has more header fields than this server accepts.";
    case 500:
      return "Something went wrong on the server.";
    case 503:
      return "The server is busy. Please try again in a moment.";
    case 504:
      return "The server took too long to answer.";
    default:
      return "";
  }
}

// The texts are our own and contain nothing that HTML or JSON would have to escape.
void write_page(int status, std::string& body) {
  const std::string number = std::to_string(status);
  const std::string_view phrase = http::reason_phrase(status);
  body.assign(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>");
  body.append(number).append(" ").append(phrase);
  body.append(
      "</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;"
      "margin:18vh auto 0;max-width:32rem;padding:0 1.5rem;color:#333;background:#fff}"
      "h1{font-weight:500;font-size:1.6rem;margin:0 0 .5rem}p{margin:0}"
      "@media(prefers-color-scheme:dark){body{color:#ccc;background:#181818}}</style></head>\n"
      "<body><h1>");
  body.append(number).append(" ").append(phrase).append("</h1>");
  if (const std::string_view text = explain(status); !text.empty()) {
    body.append("<p>").append(text).append("</p>");
  }
  body.append("</body></html>\n");
}

void write_problem(int status, std::string& body) {
  body.assign("{\"type\":\"about:blank\",\"title\":\"");
  body.append(http::reason_phrase(status)).append("\",\"status\":").append(std::to_string(status));
  if (const std::string_view text = explain(status); !text.empty()) {
    body.append(",\"detail\":\"").append(text).append("\"");
  }
  body.append("}\n");
}

}  // namespace

files::ServedFile make_error_response(int status, const http::RequestHead* request,
                                      ErrorPages* pages, http::ResponseHead& head,
                                      std::string& body) {
  files::ServedFile own;
  head.status = status;
  if (request != nullptr && http::prefers_json(request->find("accept"))) {
    head.set("Content-Type", "application/problem+json");
    write_problem(status, body);
  } else {
    head.set("Content-Type", "text/html; charset=utf-8");
    const ErrorPages::Page* const page = pages != nullptr ? pages->find(status) : nullptr;
    if (page != nullptr && page->has_html()) {
      own = page->html;
    } else {
      write_page(status, body);
    }
  }
  // Caches may store some errors, and must not give one form to a client that wants the other.
  head.add("Vary", "Accept");
  if (status == 503 && !head.contains("Retry-After")) head.add("Retry-After", kRetryAfterSeconds);
  return own;
}

void make_redirect(const std::string& location, http::ResponseHead& head, std::string& body,
                   int status) {
  head.clear();
  head.status = status;
  head.add("Content-Type", "text/html; charset=utf-8");
  write_page(status, body);
  head.add("Location", location);
}

}  // namespace tusk::site
