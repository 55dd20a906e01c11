#include "files/static_response.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "files/mime.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/token.h"

namespace tusk::files {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t modified_seconds(const FileInfo& info) {
  const std::int64_t seconds = info.modified_ns / kNanosecondsPerSecond;
  return info.modified_ns % kNanosecondsPerSecond < 0 ? seconds - 1 : seconds;
}

// If-None-Match when there is one, in any number of lines; only without it If-Modified-Since
// (RFC 9110 §13.2.2 steps 3 and 4).
bool is_unchanged(const http::RequestHead& request, std::string_view tag, const FileInfo& info,
                  std::int64_t now_seconds) {
  bool has_tags = false;
  for (const http::HeaderField& field : request.fields) {
    if (!http::equals_lower(request.view(field.name), "if-none-match")) continue;
    has_tags = true;
    if (http::matches_tag_list(request.view(field.value), tag, http::TagComparison::weak)) {
      return true;
    }
  }
  if (has_tags) return false;
  const std::string_view since = request.find("if-modified-since");
  if (since.empty()) return false;
  const std::optional<std::int64_t> since_seconds = http::parse_date(since, now_seconds);
  return since_seconds && modified_seconds(info) <= *since_seconds;
}

}  // namespace

std::string entity_tag(const FileInfo& info) {
  // The inode tells apart files that a deployment gave the same time and size (archives with
  // normalised times). Servers behind one balancer then have different tags, which costs a
  // transfer; without it a client would keep the wrong file.
  return fmt::format("\"{:x}-{:x}-{:x}\"", static_cast<std::uint64_t>(info.modified_ns),
                     info.size_bytes, info.inode);
}

StaticResponse respond_with_file(const http::RequestHead& request, std::string_view path,
                                 FoundFile file, std::int64_t now_seconds) {
  TUSK_CHECK(file.outcome == Lookup::kFile && file.fd);
  StaticResponse response;
  const std::string_view method = request.view(request.method);
  if (method != "GET" && method != "HEAD") {
    response.head.status = 405;
    response.head.add("Allow", "GET, HEAD");
    response.framing = http::Framing::known(0);
    return response;
  }

  const std::string tag = entity_tag(file.info);
  if (is_unchanged(request, tag, file.info, now_seconds)) {
    // No metadata but what caches are guided by (RFC 9110 §15.4.5).
    response.head.status = 304;
    response.head.add("ETag", tag);
    response.framing = http::Framing::known(0);
    return response;
  }

  response.head.add("Content-Type", media_type(path));
  response.head.add("ETag", tag);
  // Not later than the response itself (RFC 9110 §8.8.2.1).
  std::array<char, http::kDateBytes> date{};
  response.head.add("Last-Modified",
                    http::format_date(std::min(modified_seconds(file.info), now_seconds), date));
  response.framing = http::Framing::known(file.info.size_bytes);
  if (method == "GET" && file.info.size_bytes > 0) {
    response.body = {.fd = std::move(file.fd), .offset = 0, .length = file.info.size_bytes};
  }
  return response;
}

}  // namespace tusk::files
