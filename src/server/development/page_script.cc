#include "server/development/page_script.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/active_request.h"
#include "server/development/development.h"
#include "server/development/reload_answer.h"

namespace tusk::server::development {

namespace {

constexpr std::array<std::string_view, 6> kConditions = {
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"};
constexpr std::array<std::string_view, 6> kOfTheOriginal = {
    "ETag", "Last-Modified", "Accept-Ranges", "Content-MD5", "Digest", "Content-Digest"};

ReloadStreams* reload_of(ActiveRequest& request) {
  const Development* const development = request.site().development;
  return development != nullptr ? development->reload : nullptr;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_html(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return equal_ignoring_case(type, "text/html");
}

// The browser shows the response as a page. Where it does not say so (it says it to localhost and
// over TLS), any request counts but those of scripts that say that they are such.
bool is_navigation(const http::RequestHead& head) {
  const std::string_view method = head.view(head.method);
  if (method != "GET" && method != "HEAD") return false;
  if (head.contains("sec-fetch-dest")) return head.find("sec-fetch-dest") == "document";
  return !head.contains("x-requested-with") && !head.contains("hx-request");
}

bool may_carry_script(const http::ResponseHead& response) {
  switch (response.status) {
    case 204:
    case 205:
    case 206:
    case 304:
      return false;
    default:
      break;
  }
  return response.status >= 200 && is_html(response.find("Content-Type")) &&
         !response.contains("Content-Encoding") &&
         !response.find("Content-Disposition").starts_with("attachment");
}

// The page's policy lets scripts run that have its nonce.
std::string_view nonce_of(const http::ResponseHead& response) {
  constexpr std::string_view kNonce = "'nonce-";
  const std::string_view policy = response.find("Content-Security-Policy");
  const std::size_t at = policy.find(kNonce);
  if (at == std::string_view::npos) return {};
  std::string_view nonce = policy.substr(at + kNonce.size());
  nonce = nonce.substr(0, nonce.find('\''));
  return nonce.find_first_of("\"<>& ") == std::string_view::npos ? nonce : std::string_view();
}

std::string script_element(const http::ResponseHead& response, std::string_view version) {
  std::string element = "\n<script src=\"";
  element.append(kScriptPath);
  if (!version.empty()) element.append("?v=").append(version);
  element.append("\"");
  if (const std::string_view nonce = nonce_of(response); !nonce.empty())
    element.append(" nonce=\"").append(nonce).append("\"");
  return element.append("></script>\n");
}

// The length that a script has announced for a body that it still writes.
void lengthen(http::ResponseHead& response, std::size_t by) {
  const std::string_view announced = response.find("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] =
      std::from_chars(announced.data(), announced.data() + announced.size(), length);
  const bool valid = error == std::errc() && end == announced.data() + announced.size();
  if (valid && !announced.empty()) response.set("Content-Length", std::to_string(length + by));
}

}  // namespace

Answer PageScript::prepare(ActiveRequest& request) {
  const ReloadStreams* const reload = reload_of(request);
  if (reload == nullptr) return nullptr;
  request.page_version = reload->version();
  site::Route& route = *request.route;
  const bool sends_file = route.kind == site::Route::Kind::kResponse && route.file != nullptr;
  if (!sends_file || !is_navigation(request.head())) return nullptr;
  if (!is_html(route.file->identity()->content_type)) return nullptr;
  http::RequestHead unconditional = request.head();
  for (const std::string_view name : kConditions) {
    while (const http::HeaderField* const field = unconditional.find_field(name)) {
      unconditional.fields.erase(unconditional.fields.begin() +
                                 (field - unconditional.fields.data()));
    }
  }
  files::respond_with_file(unconditional, *route.file, files::FileRequest::kByUrl,
                           request.loop.date.seconds(), route.response);
  return nullptr;
}

void PageScript::append(ActiveRequest& request, http::ResponseHead& response) {
  const ReloadStreams* const reload = reload_of(request);
  if (reload == nullptr || !request.has_head() || !is_navigation(request.head())) return;
  if (!may_carry_script(response)) return;
  // Zero: the request was refused before it was routed.
  const std::string version =
      request.page_version != 0 ? reload->text_of(request.page_version) : std::string();
  std::string element = script_element(response, version);
  for (const std::string_view name : kOfTheOriginal) response.remove(name);
  response.set("Cache-Control", "no-cache");
  lengthen(response, element.size());
  request.response.append(std::move(element));
}

}  // namespace tusk::server::development
