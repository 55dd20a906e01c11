#include "server/development/boot_error_page.h"

#include <string>
#include <string_view>

#include "server/active_request.h"
#include "server/development/development.h"

namespace tusk::server::development {

namespace {

constexpr std::string_view kTitle = "The resident script does not boot";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      default:
        html += byte;
    }
  }
  return html;
}

std::string page_of(std::string_view error) {
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>503 ";
  page.append(kTitle).append(
      "</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;"
      "margin:8vh auto 0;max-width:60rem;padding:0 1.5rem}pre{white-space:pre-wrap;padding:1rem;"
      "border-left:.3rem solid #c33;background:#8882}</style></head>\n<body><h1>");
  page.append(kTitle).append("</h1><pre>").append(escaped(error));
  return page.append(
      "</pre><p>tusk boots it again as soon as a watched file changes.</p></body></html>\n");
}

}  // namespace

bool BootErrorPage::has_one(ActiveRequest& request) {
  const Development* const development = request.site().development;
  return development != nullptr && !development->boot_error().empty();
}

base::Task<bool> BootErrorPage::send(ActiveRequest& request) {
  const std::string page = page_of(request.site().development->boot_error());
  http::ResponseHead head;
  head.status = 503;
  head.add("Content-Type", "text/html; charset=utf-8");
  head.add("Cache-Control", "no-store");
  head.add("Retry-After", "1");
  request.begin_response(head, http::Framing::known(page.size()));
  co_return co_await request.response.send(page, Next::kEnd);
}

}  // namespace tusk::server::development
