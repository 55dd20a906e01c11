#include "files/directory_listing.h"

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include <dirent.h>
#include <fmt/format.h>

#include "http/date.h"
#include "http/path.h"

namespace tusk::files {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

std::string_view date_text(std::int64_t seconds, std::array<char, http::kDateBytes>& out) {
  return http::format_date(seconds, out);
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

}  // namespace

std::optional<DirectoryListing> read_directory(const DocumentRoot& root, base::UniqueFd opened,
                                               std::string_view path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(opened.get()));
  if (directory == nullptr) return std::nullopt;
  (void)opened.release();  // owned by the DIR now
  DirectoryListing listing;
  std::string name(path);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view entry_name = entry->d_name;
    name.resize(path.size());
    name.append(entry_name);
    // find() finds what a client would get: no hidden names and no bad links.
    const FoundFile info = root.find(name);
    const bool is_directory = info.outcome == LookupOutcome::kDirectory;
    if (!is_directory && (info.outcome != LookupOutcome::kFile || !root.may_send(name))) continue;
    if (listing.entries.size() == kMaxListed) {
      listing.cut = true;
      break;
    }
    listing.entries.push_back({.name = std::string(entry_name),
                               .is_directory = is_directory,
                               .size_bytes = info.info.size_bytes,
                               .modified_seconds = info.info.modified_ns / 1'000'000'000});
  }
  std::ranges::sort(listing.entries, {}, [](const ListedEntry& entry) {
    return std::tuple(!entry.is_directory, std::string_view(entry.name));
  });
  return listing;
}

LookupOutcome list_directory(const DocumentRoot& root, std::string_view path,
                             DirectoryListing& listing) {
  listing = {};
  FoundFile found = root.open_directory(path);
  if (found.outcome != LookupOutcome::kDirectory) return found.outcome;
  std::optional<DirectoryListing> read = read_directory(root, std::move(found.fd), path);
  if (!read) return LookupOutcome::kFailed;
  listing = std::move(*read);
  return LookupOutcome::kDirectory;
}

std::string listing_as_html(std::string_view path, const DirectoryListing& listing) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>";
  append_html(page, path);
  page.append(
      "</title><style>body{font:16px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;"
      "padding:0 1em;color:#333}td,th{text-align:left;padding:0 1em 0 0}"
      "td+td{color:#777;white-space:nowrap}.size{text-align:right}</style></head>\n<body><h1>");
  append_html(page, path);
  page.append("</h1><table>\n");
  if (path != "/") page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
  std::array<char, http::kDateBytes> date{};
  for (const ListedEntry& entry : listing.entries) {
    const std::string_view slash = entry.is_directory ? "/" : "";
    page.append("<tr><td><a href=\"");
    // A colon is escaped too, so that the text before it is not taken for a scheme (RFC 3986 §4.2).
    http::append_encoded_segment(entry.name, page);
    page.append(slash).append("\">");
    append_html(page, entry.name);
    page.append(slash).append("</a></td><td>");
    page.append(date_text(entry.modified_seconds, date)).append("</td><td class=\"size\">");
    if (!entry.is_directory) page.append(std::to_string(entry.size_bytes));
    page.append("</td></tr>\n");
  }
  page.append("</table>");
  if (listing.cut) page.append("<p>There is more than can be shown.</p>");
  page.append("</body></html>\n");
  return page;
}

std::string listing_as_json(const DirectoryListing& listing) {
  std::string json = "[";
  std::array<char, http::kDateBytes> date{};
  for (const ListedEntry& entry : listing.entries) {
    json.append(json.size() == 1 ? "\n{\"name\":" : ",\n{\"name\":");
    append_json(json, entry.name);
    json.append(entry.is_directory ? ",\"type\":\"directory\"" : ",\"type\":\"file\"");
    json.append(",\"mtime\":\"").append(date_text(entry.modified_seconds, date)).append("\"");
    if (!entry.is_directory) json.append(",\"size\":").append(std::to_string(entry.size_bytes));
    json.push_back('}');
  }
  json.append("\n]\n");
  return json;
}

}  // namespace tusk::files
