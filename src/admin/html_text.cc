#include "admin/html_text.h"

#include <array>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace tusk::admin {

namespace {

// Marks of writing direction in UTF-8 (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), with
// which a text could make others read differently.
bool is_direction_mark(std::string_view text) {
  if (!text.starts_with("\xe2\x80") && !text.starts_with("\xe2\x81")) return false;
  if (text.size() < 3) return false;
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x81') return last >= 0xa6 && last <= 0xa9;
  return last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae);
}

}  // namespace

void append_escaped(std::string& html, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (is_direction_mark(text.substr(i))) {
      html += '?';
      i += 2;
      continue;
    }
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        // Control characters have no place in a page.
        html += static_cast<unsigned char>(letter) < 0x20 && letter != '\n' ? '?' : letter;
    }
  }
}

void append_cell(std::string& html, std::string_view text, std::string_view attributes) {
  html += "<td";
  if (!attributes.empty()) html.append(" ").append(attributes);
  html += '>';
  append_escaped(html, text);
  html += "</td>";
}

void append_head(std::string& html, std::string_view title) {
  html += "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>tusk: ";
  append_escaped(html, title);
  html +=
      "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"/icon.svg\"><link rel=\"stylesheet\" href=\"/style.css\"></head>"
      "<body>\n<header><h1><a href=\"/\">tusk</a></h1></header>\n";
}

std::string seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 1e-3) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (seconds < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (seconds < 172800) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string count_text(double count) {
  const std::string digits = fmt::format("{:.0f}", count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

std::string clock_text(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace tusk::admin
