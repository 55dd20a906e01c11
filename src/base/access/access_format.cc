#include "base/access/access_format.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tusk::base::access {

namespace {

using Part = AccessFormat::Part;

constexpr std::string_view kCommon =
    R"($remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent)";
constexpr std::string_view kCombinedEnd = R"( "$http_referer" "$http_user_agent")";
constexpr std::string_view kTextEnd =
    " host=$host id=$request_id time=$request_time queue=$queue_time worker=$worker "
    "request=$request_number tls=$ssl_protocol cipher=$ssl_cipher";
constexpr std::string_view kJsonMembers =
    "timestamp service remote_address method target protocol host status body_bytes_sent "
    "duration_seconds queue_seconds worker tls_version tls_cipher referer user_agent request_id "
    "request_number trace_id span_id";

// Their values are passwords and the like: docs/logs.md promises that they are in no log.
constexpr std::array<std::string_view, 5> kSecretHeaders = {
    "cookie", "authorization", "proxy-authorization", "set-cookie", "x-csrf-token"};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string at(std::size_t offset) { return " at position " + std::to_string(offset + 1); }

// $http_x_forwarded_for is the field X-Forwarded-For.
std::string header_of(std::string_view name) {
  std::string header(name.substr(std::string_view("http_").size()));
  for (char& c : header) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return header;
}

Result<Part> part_of(std::string_view name, std::size_t offset, AccessFormat::Kind kind) {
  const bool json = kind == AccessFormat::Kind::kJson;
  const std::string shown = (json ? "'" : "'$") + std::string(name) + "'";
  if (const auto names = find_access_field(name)) {
    return Part{
        .text = std::string(names->member), .header = {}, .is_field = true, .field = names->field};
  }
  if (!name.starts_with("http_") || name.size() == std::string_view("http_").size()) {
    return fail("there is no field " + shown + at(offset) + "; docs/logs.md lists them");
  }
  std::string header = header_of(name);
  if (std::ranges::find(kSecretHeaders, header) != kSecretHeaders.end()) {
    return fail(shown + at(offset) + " is a secret, which is never logged");
  }
  return Part{.text = std::string(name), .header = std::move(header), .is_field = true};
}

Result<AccessFormat> parse_members(std::string_view members, std::size_t offset) {
  AccessFormat format{.kind = AccessFormat::Kind::kJson, .parts = {}};
  for (std::size_t i = 0; i < members.size();) {
    if (members[i] == ' ' || members[i] == ',') {
      ++i;
      continue;
    }
    const std::size_t end = std::min(members.find_first_of(" ,", i), members.size());
    const std::string_view name = members.substr(i, end - i);
    if (const auto bad = std::ranges::find_if_not(name, is_name_char); bad != name.end()) {
      const auto before = static_cast<std::size_t>(bad - name.begin());
      return fail("expected the name of a field" + at(offset + i + before));
    }
    Result<Part> part = part_of(name, offset + i, format.kind);
    if (!part) return std::unexpected(part.error());
    if (std::ranges::find(format.parts, part->text, &Part::text) != format.parts.end()) {
      return fail("'" + std::string(name) + "' is given twice" + at(offset + i));
    }
    format.parts.push_back(std::move(*part));
    i = end;
  }
  return format;
}

void append_literal(AccessFormat& format, std::string_view text) {
  if (format.parts.empty() || format.parts.back().is_field) format.parts.emplace_back();
  format.parts.back().text.append(text);
}

Result<AccessFormat> parse_text(std::string_view text) {
  AccessFormat format;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t dollar = std::min(text.find('$', i), text.size());
    if (dollar > i) append_literal(format, text.substr(i, dollar - i));
    if (dollar == text.size()) break;
    if (text.substr(dollar).starts_with("$$")) {
      append_literal(format, "$");
      i = dollar + 2;
      continue;
    }
    const bool braces = text.substr(dollar).starts_with("${");
    const std::size_t begin = dollar + (braces ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_name_char(text[end])) ++end;
    if (end == begin) {
      return fail("'$' without a name" + at(dollar) + "; '$$' is a dollar sign");
    }
    if (braces && (end == text.size() || text[end] != '}')) {
      return fail("'${' without '}'" + at(dollar));
    }
    Result<Part> part = part_of(text.substr(begin, end - begin), dollar, format.kind);
    if (!part) return std::unexpected(part.error());
    format.parts.push_back(std::move(*part));
    i = end + (braces ? 1 : 0);
  }
  return format;
}

}  // namespace

bool AccessFormat::uses(AccessField field) const {
  return std::ranges::any_of(
      parts, [&](const Part& part) { return part.is_field && part.field == field; });
}

Result<AccessFormat> parse_access_format(std::string_view text) {
  if (text == "common") return parse_text(kCommon);
  if (text == "combined") return parse_text(std::string(kCommon).append(kCombinedEnd));
  if (text == "text") return parse_text(std::string(kCommon).append(kCombinedEnd).append(kTextEnd));
  if (text == "caddy") return AccessFormat{.kind = AccessFormat::Kind::kCaddy, .parts = {}};
  if (text == "json") return parse_members(kJsonMembers, 0);
  constexpr std::string_view kJson = "json";
  if (text.starts_with(kJson) && (text[kJson.size()] == ' ' || text[kJson.size()] == ':')) {
    const std::size_t begin = kJson.size() + 1;
    Result<AccessFormat> format = parse_members(text.substr(begin), begin);
    if (format && format->parts.empty()) return fail("'json' without the names of fields");
    return format;
  }
  if (!text.contains('$')) {
    return fail("'" + std::string(text) +
                "' is not text, combined, common, json, caddy, or a format with $variables");
  }
  return parse_text(text);
}

}  // namespace tusk::base::access
