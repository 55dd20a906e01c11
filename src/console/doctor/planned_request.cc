#include "console/doctor/planned_request.h"

#include <algorithm>
#include <cctype>

namespace tusk::console::doctor {

namespace {

constexpr std::string_view kBlank = " \t";
// The length of a body is known, and connections are kept.
constexpr std::string_view kOwnHeaders[] = {"connection", "content-length", "expect",
                                            "transfer-encoding", "upgrade"};

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// The text up to the next blank, which is removed from it with the blanks that follow.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  text = trimmed(text);
  return word;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return result;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char each) {
    return (each < 0x80 && std::isalnum(each) != 0) ||
           kSigns.find(static_cast<char>(each)) != std::string_view::npos;
  });
}

bool is_method(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char each) {
    return (each >= 'A' && each <= 'Z') || each == '-';
  });
}

bool is_control(unsigned char each) { return each < ' ' || each == 0x7f; }

std::string name_of(std::string_view header) {
  return lower(trimmed(header.substr(0, header.find(':'))));
}

std::string content_type(std::string_view body) {
  return body.starts_with('{') || body.starts_with('[') ? "application/json"
                                                        : "application/x-www-form-urlencoded";
}

}  // namespace

base::Result<PlannedRequest> read_request(std::string_view text) {
  const std::string shown = "'" + std::string(text) + "'";
  PlannedRequest request;
  std::string_view rest = trimmed(text);
  std::string_view word = take_word(rest);
  if (is_method(word)) {
    request.method = word;
    word = take_word(rest);
  }
  if (!word.starts_with('/'))
    return base::fail(shown + " is no request: write /path, 'METHOD /path' or 'METHOD /path BODY'");
  if (request.method == "CONNECT" || request.method == "TRACE")
    return base::fail(shown + ": tusk does not answer " + request.method);
  if (std::ranges::any_of(word,
                          [](unsigned char each) { return is_control(each) || each >= 0x80; }))
    return base::fail(shown + ": write characters that are not ASCII as %XX");
  request.target = word.substr(0, word.find('#'));
  request.body = rest;
  if (!rest.empty() && (request.method == "GET" || request.method == "HEAD"))
    return base::fail(shown + ": a body needs a method such as POST before the path");
  return request;
}

base::Result<void> check_header(std::string_view header) {
  const std::string shown = "'" + std::string(header) + "'";
  const std::size_t colon = header.find(':');
  if (colon == std::string_view::npos || !is_token(header.substr(0, colon)) ||
      std::ranges::any_of(header,
                          [](unsigned char each) { return is_control(each) && each != '\t'; }))
    return base::fail(shown + " is no header: write 'Name: value'");
  if (std::ranges::find(kOwnHeaders, name_of(header)) != std::end(kOwnHeaders))
    return base::fail(shown + ": tusk sets this header itself");
  return {};
}

std::string to_http(const PlannedRequest& request, std::span<const std::string> headers) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto add = [&](const std::string& header) {
    const bool is_given = std::ranges::any_of(
        headers, [&](const auto& each) { return name_of(each) == name_of(header); });
    if (!is_given) text += header + "\r\n";
  };
  add("Host: localhost");
  add("User-Agent: tusk-doctor");
  add("Accept: */*");
  for (const std::string& header : headers) text += header + "\r\n";
  if (!request.body.empty()) add("Content-Type: " + content_type(request.body));
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

}  // namespace tusk::console::doctor
