#include "app/warm_up/warm_up_page.h"

#include <algorithm>
#include <charconv>

namespace tusk::app::warm_up {

WarmUpPage warm_up_page(std::string_view page, bool has_certificate) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  WarmUpPage result{.https = has_certificate};
  if (page.starts_with('/')) {
    result.target = page;
    return result;
  }
  result.https = page.starts_with(kHttps);
  page.remove_prefix(result.https ? kHttps.size() : kHttp.size());
  const std::size_t end = std::min(page.find_first_of("/?"), page.size());
  result.host = page.substr(0, end);
  result.target = page.substr(end);
  if (!result.target.starts_with('/')) result.target.insert(0, "/");
  return result;
}

std::string request_text(const WarmUpPage& page) {
  std::string text = "GET " + page.target + " HTTP/1.1\r\nHost: " + page.host +
                     "\r\nUser-Agent: tusk/" TUSK_VERSION
                     " (warm-up)\r\nAccept: */*\r\nConnection: close\r\n";
  if (page.https) text += "X-Forwarded-Proto: https\r\n";
  return text + "\r\n";
}

int status_of(std::string_view response) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  int status = 0;
  if (!response.starts_with(kStart) || response.size() < kStart.size() + 3) return 0;
  const char* const digits = response.data() + kStart.size();
  return std::from_chars(digits, digits + 3, status).ptr == digits + 3 ? status : 0;
}

}  // namespace tusk::app::warm_up
