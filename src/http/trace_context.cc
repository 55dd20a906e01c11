#include "http/trace_context.h"

#include <algorithm>
#include <vector>

#include "http/request_id.h"
#include "http/token.h"

namespace tusk::http {

namespace {

constexpr std::size_t kTraceparentBytes = 55;  // 00-<32>-<16>-<2>
constexpr std::size_t kMaxMembers = 32;
constexpr std::size_t kMaxKeyBytes = 256;
constexpr std::size_t kMaxValueBytes = 256;

constexpr bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Nothing: another character than a lower-case hex digit.
std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_lower_hex(c)) return std::nullopt;
    number = number << 4 | hex_value(c);
  }
  return number;
}

constexpr bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

bool is_key_part(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [](char c) {
    return is_lower_letter(c) || is_digit(c) || std::string_view("_-*/").contains(c);
  });
}

// simple-key, or tenant-id@system-id (§3.3.1.3.1).
bool is_key(std::string_view key) {
  if (key.size() > kMaxKeyBytes) return false;
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) {
    return is_key_part(key, kMaxKeyBytes) && is_lower_letter(key.front());
  }
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return is_key_part(tenant, 241) &&
         (is_lower_letter(tenant.front()) || is_digit(tenant.front())) && is_key_part(system, 14) &&
         is_lower_letter(system.front());
}

// Printable ASCII without comma and equals sign, which does not end with a space (§3.3.1.3.2).
bool is_value(std::string_view value) {
  return !value.empty() && value.size() <= kMaxValueBytes && value.back() != ' ' &&
         std::ranges::all_of(value,
                             [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kTraceparentBytes) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const auto version = read_hex(text.substr(0, 2));
  if (!version || *version == 0xff) return std::nullopt;
  if (text.size() > kTraceparentBytes && (*version == 0 || text[kTraceparentBytes] != '-')) {
    return std::nullopt;
  }
  const auto high = read_hex(text.substr(3, 16));
  const auto low = read_hex(text.substr(19, 16));
  const auto parent = read_hex(text.substr(36, 16));
  const auto flags = read_hex(text.substr(53, 2));
  if (!high || !low || !parent || !flags) return std::nullopt;
  TraceContext context{.trace_high = *high,
                       .trace_low = *low,
                       .parent = *parent,
                       .flags = static_cast<std::uint8_t>(*flags & TraceContext::kSampled)};
  if (!context.on() || context.parent == 0) return std::nullopt;
  return context;
}

bool is_tracestate(std::string_view text) {
  std::vector<std::string_view> keys;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    // Spaces before a key are optional; those after a value would be a part of it.
    const std::string_view member = trim_ows(text.substr(0, comma));
    if (!member.empty()) {
      const std::size_t equals = member.find('=');
      if (equals == std::string_view::npos) return false;
      const std::string_view key = member.substr(0, equals);
      if (!is_key(key) || !is_value(member.substr(equals + 1))) return false;
      if (keys.size() == kMaxMembers || std::ranges::find(keys, key) != keys.end()) return false;
      keys.push_back(key);
    }
    if (comma == text.size()) return !keys.empty();
    text.remove_prefix(comma + 1);
  }
}

std::string to_traceparent(const TraceContext& context) {
  const auto trace = trace_id_text(context);
  const auto span = span_id_text(context.span);
  std::string text = "00-";
  text.append(trace.data(), trace.size()).append("-");
  text.append(span.data(), span.size());
  return text.append(context.sampled() ? "-01" : "-00");
}

std::array<char, 32> trace_id_text(const TraceContext& context) {
  std::array<char, 32> text;
  write_hex(context.trace_high, text.data());
  write_hex(context.trace_low, text.data() + 16);
  return text;
}

std::array<char, 16> span_id_text(std::uint64_t span) {
  std::array<char, 16> text;
  write_hex(span, text.data());
  return text;
}

}  // namespace tusk::http
