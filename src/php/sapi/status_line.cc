#include "php/sapi/status_line.h"

#include <charconv>
#include <system_error>

#include "http/token.h"

namespace tusk::php::sapi {

bool take_status(std::string_view text, http::ResponseHead& head) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits != 3) return false;
  text.remove_prefix(digits);
  if (!text.empty() && text.front() != ' ') return false;
  head.status = status;
  head.reason.assign(http::trim_ows(text));
  return true;
}

bool take_reason(const char* line, http::ResponseHead& head) {
  if (line == nullptr) return false;
  const std::string_view text(line);
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  const int status = head.status;
  const bool read = take_status(text.substr(space + 1), head);
  const bool counts = read && head.status == status;
  if (!counts) head.reason.clear();
  head.status = status;
  return counts;
}

}  // namespace tusk::php::sapi
