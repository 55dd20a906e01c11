#include "files/listing_page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "http/path.h"

namespace tusk::files {
namespace {

using Key = ListingSort::Key;

// The years that RFC 3339 can write.
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31 23:59:59

struct Moment {
  std::string date;  // "1994-11-06"
  std::string time;  // "08:49:37"
};

// In UTC: the server does not know the client's time zone.
Moment moment_of(std::int64_t unix_seconds) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::sys_seconds seconds{
      std::chrono::seconds(std::clamp(unix_seconds, kFirstSecond, kLastSecond))};
  const auto day = floor<days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  return {
      .date = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())),
      .time = fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(),
                          time.seconds().count())};
}

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
}

// The length of the UTF-8 character at the beginning of the text; 0 if it is none (RFC 3629 §4).
std::size_t utf8_length(std::string_view text) {
  const auto at = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool outside = (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f);
    return follows(1) && follows(2) && follows(3) && !outside ? 4 : 0;
  }
  return 0;
}

void append_json(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      out.append("\xef\xbf\xbd");
    } else if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      out.append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  out.push_back('"');
}

// A heading that sorts by its column. The first click brings the largest and the newest to the top.
void append_heading(std::string& page, std::string_view text, std::string_view attributes, Key key,
                    const ListingSort& current) {
  const bool is_current = current.key == key;
  const ListingSort next{.key = key,
                         .descending = is_current ? !current.descending : key != Key::kName};
  page.append("<th").append(attributes);
  if (is_current) {
    page.append(current.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"");
  }
  page.append("><a rel=\"nofollow\" href=\"");
  append_html(page, reference_of(next));
  page.append("\">").append(text).append("</a>");
  if (is_current) page.append(current.descending ? " ↓" : " ↑");
  page.append("</th>");
}

void append_row(std::string& page, const ListedEntry& entry) {
  const std::string_view slash = entry.is_directory ? "/" : "";
  page.append("<tr><td><a href=\"");
  // A colon is escaped too, so that the text before it is not taken for a scheme (RFC 3986 §4.2).
  http::append_encoded_segment(entry.name, page);
  page.append(slash).append("\">");
  append_html(page, entry.name);
  page.append(slash).append("</a></td><td class=\"size\"");
  if (entry.is_directory) {
    page.append(">");
  } else {
    page.append(
        fmt::format(" title=\"{} bytes\">{}", entry.size_bytes, readable_size(entry.size_bytes)));
  }
  const Moment moment = moment_of(entry.modified_seconds);
  page.append(fmt::format("</td><td><time datetime=\"{0}T{1}Z\" title=\"{0} {1} UTC\">{0} {2}",
                          moment.date, moment.time, std::string_view(moment.time).substr(0, 5)));
  page.append("</time></td></tr>\n");
}

// The colours and the type are those of the built-in error page.
constexpr std::string_view kStyle =
    "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;"
    "margin:3rem auto;max-width:56rem;padding:0 1.5rem;color:#333;background:#fff}"
    "h1{font-weight:500;font-size:1.6rem;margin:0 0 1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}"
    "th{font-weight:500;text-align:left;white-space:nowrap;border-bottom:1px solid #8886}"
    "th a{color:inherit;text-decoration:none}th a:hover{text-decoration:underline}"
    "td,th{padding:.2rem 0 .2rem 1.5rem;vertical-align:baseline}"
    "td:first-child,th:first-child{width:100%;padding-left:0;overflow-wrap:anywhere}"
    "td+td{color:#767676;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".size{text-align:right}tr:hover td{background:#8881}"
    "@media(max-width:36rem){body{margin-top:1.5rem;padding:0 1rem}"
    "td,th{padding-left:.75rem}td+td{font-size:.8rem}}"
    "@media(prefers-color-scheme:dark){body{color:#ccc;background:#181818}td+td{color:#999}}"
    "</style>";

}  // namespace

std::string readable_size(std::uint64_t bytes) {
  constexpr std::uint64_t kUnit = 1024;
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < kUnit) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes) / kUnit;
  std::size_t unit = 0;
  // From 999.5 on it would be written with four digits.
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= kUnit;
  // 9.96 would be written as 10.0.
  return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit])
                      : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string listing_as_html(std::string_view path, const DirectoryListing& listing,
                            const ListingSort& sort) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>";
  append_html(page, path);
  page.append("</title>").append(kStyle).append("</head>\n<body><h1>");
  append_html(page, path);
  page.append("</h1><table><thead><tr>");
  append_heading(page, "Name", "", Key::kName, sort);
  append_heading(page, "Size", " class=\"size\"", Key::kSize, sort);
  append_heading(page, "Modified (UTC)", "", Key::kTime, sort);
  page.append("</tr></thead><tbody>\n");
  if (path != "/") page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  for (const ListedEntry& entry : listing.entries) append_row(page, entry);
  page.append("</tbody></table>");
  if (listing.entries.empty()) page.append("<p>This directory is empty.</p>");
  if (listing.cut) page.append("<p>There is more than can be shown.</p>");
  page.append("</body></html>\n");
  return page;
}

std::string listing_as_json(const DirectoryListing& listing) {
  std::string json = "[";
  for (const ListedEntry& entry : listing.entries) {
    json.append(json.size() == 1 ? "\n{\"name\":" : ",\n{\"name\":");
    append_json(json, entry.name);
    json.append(entry.is_directory ? ",\"type\":\"directory\"" : ",\"type\":\"file\"");
    const Moment moment = moment_of(entry.modified_seconds);
    json.append(fmt::format(",\"mtime\":\"{}T{}Z\"", moment.date, moment.time));
    if (!entry.is_directory) json.append(",\"size\":").append(std::to_string(entry.size_bytes));
    json.push_back('}');
  }
  json.append("\n]\n");
  return json;
}

}  // namespace tusk::files
