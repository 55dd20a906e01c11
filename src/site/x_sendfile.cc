#include "site/x_sendfile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>

#include <sys/stat.h>

#include "http/path.h"
#include "http/token.h"
#include "observe/log.h"

namespace tusk::site {
namespace {

constexpr std::string_view kSendfile = "x-sendfile";
constexpr std::string_view kAccelRedirect = "x-accel-redirect";

// Fields of the script's response that describe its own body.
constexpr std::string_view kOfTheBody[] = {
    "content-length", "content-encoding", "content-range", "accept-ranges",
    "etag",           "last-modified",    "digest",        "content-md5",
};

bool is_of_the_body(std::string_view name) {
  return std::ranges::any_of(kOfTheBody,
                             [&](std::string_view one) { return http::equals_lower(name, one); });
}

std::string without_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real == nullptr ? path : std::string(real.get());
}

// The part of `path` below `directory`: "/a/b" for "/srv" and "/srv/a/b"; empty if it is not below.
std::string_view below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path;
  if (!path.starts_with(directory)) return {};
  path.remove_prefix(directory.size());
  return path.starts_with('/') ? path : std::string_view();
}

// Combines the file's fields with those of the script's response that fit a file.
void merge(const http::ResponseHead& script, http::ResponseHead& file) {
  const http::ResponseHead of_file = std::exchange(file, http::ResponseHead());
  file.status = of_file.status;
  const bool parts = of_file.find("content-type").starts_with("multipart/byteranges");
  for (const http::HeaderField& field : script.fields) {
    const std::string_view name = script.view(field.name);
    if (is_of_the_body(name) || (parts && http::equals_lower(name, "content-type"))) continue;
    file.add(name, script.view(field.value));
  }
  for (const http::HeaderField& field : of_file.fields) {
    const std::string_view name = of_file.view(field.name);
    if (http::equals_lower(name, "content-type") && file.contains(name)) continue;
    // The Cache-Control option is for files with public URLs. This file's URL is the script's:
    // `public` would let caches give it to clients that the script refuses.
    if (http::equals_lower(name, "cache-control")) continue;
    file.add(name, of_file.view(field.value));
  }
}

void fail(int status, files::StaticResponse& response) {
  response.clear();
  response.head.status = status;
  response.framing = http::Framing::known(0);
}

int status_of(files::LookupOutcome outcome) {
  switch (outcome) {
    case files::LookupOutcome::kForbidden:
      return 403;
    case files::LookupOutcome::kExhausted:
      return 503;
    case files::LookupOutcome::kFailed:
      return 500;
    default:
      return 404;
  }
}

}  // namespace

base::Result<XSendfile::Root> XSendfile::open_root(const std::string& path,
                                                   files::SymbolicLinks links) {
  std::string configured = path;
  while (configured.size() > 1 && configured.ends_with('/')) configured.pop_back();
  std::string real = without_links(configured);
  base::Result<files::DocumentRoot> directory =
      files::DocumentRoot::open(real, links, files::Audience::kApplication);
  if (!directory) return std::unexpected(directory.error());
  return Root{std::move(configured), std::move(real), std::move(*directory)};
}

base::Result<XSendfile> XSendfile::open(const Settings& settings) {
  XSendfile opened;
  opened.links_ = settings.links;
  opened.pool_roots_ = settings.pool_roots;
  opened.failures_ = FileFailures(settings.user);
  for (const Settings::Location& location : settings.locations) {
    base::Result<Root> root = open_root(location.directory, settings.links);
    if (!root) return std::unexpected(root.error());
    opened.locations_.push_back({location.prefix, std::move(*root)});
  }
  // The longest prefix comes first.
  std::ranges::sort(opened.locations_, std::ranges::greater{},
                    [](const Location& location) { return location.prefix.size(); });
  for (const std::string& path : settings.sendfile_roots) {
    base::Result<Root> root = open_root(path, settings.links);
    if (!root) return std::unexpected(root.error());
    opened.sendfile_roots_.push_back(std::move(*root));
  }
  return opened;
}

void XSendfile::reopen_if_switched(Root& root) {
  struct stat configured{};
  struct stat opened{};
  const bool same = ::stat(root.configured.c_str(), &configured) == 0 &&
                    ::stat(root.real.c_str(), &opened) == 0 && configured.st_ino == opened.st_ino &&
                    configured.st_dev == opened.st_dev;
  if (same) return;
  base::Result<Root> now = open_root(root.configured, links_);
  if (now) root = std::move(*now);
}

bool XSendfile::asked_for(const http::ResponseHead& head) noexcept {
  for (const http::HeaderField& field : head.fields) {
    const std::string_view name = head.view(field.name);
    if (name.size() == kSendfile.size() && http::equals_lower(name, kSendfile)) return true;
    if (name.size() == kAccelRedirect.size() && http::equals_lower(name, kAccelRedirect)) {
      return true;
    }
  }
  return false;
}

// `url` is a path whose escapes are decoded; '?' and what follows is not part of the name. nginx
// reads it the same way.
XSendfile::Named XSendfile::find_location(std::string_view url) {
  url = url.substr(0, url.find('?'));
  // Some applications also escape the first slash.
  std::string path;
  const http::PathError error = http::decode_path("/" + std::string(url), path).error;
  if (error == http::PathError::kBadEscape) {  // a literal '%'
    path.assign("/").append(url);
    if (!http::normalize_path(path)) return {};
  } else if (error != http::PathError::kNone) {
    return {};
  }
  for (Location& location : locations_) {
    if (!path.starts_with(location.prefix)) continue;
    reopen_if_switched(location.root);
    return {&location.root.directory, path.substr(location.prefix.size() - 1)};
  }
  return {};
}

// An absolute name below one of the roots, by either name of the root; or a name relative to a
// root, where the first root that has the file is used.
XSendfile::Named XSendfile::find_sendfile(std::string_view name, std::size_t pool) {
  std::string path(name);
  if (path.starts_with('/')) {
    if (!http::normalize_path(path)) return {};
    if (pool < pool_roots_.size()) path.insert(0, pool_roots_[pool]);
    for (Root& root : sendfile_roots_) {
      reopen_if_switched(root);
      for (const std::string_view directory :
           {std::string_view(root.configured), std::string_view(root.real)}) {
        const std::string_view rest = below(path, directory);
        if (!rest.empty()) return {&root.directory, std::string(rest)};
      }
    }
    return {};
  }
  path.insert(path.begin(), '/');
  if (!http::normalize_path(path)) return {};
  for (Root& root : sendfile_roots_) {
    reopen_if_switched(root);
    if (root.directory.find(path).outcome == files::LookupOutcome::kFile)
      return {&root.directory, path};
  }
  return {};
}

bool XSendfile::answer(const http::RequestHead& request, http::ResponseHead& script,
                       files::FileCache& files, std::int64_t now_seconds,
                       files::StaticResponse& response, std::size_t pool) {
  // If a script sets both, X-Accel-Redirect counts.
  const bool by_url = script.contains(kAccelRedirect);
  const std::string value(script.find(by_url ? kAccelRedirect : kSendfile));
  script.remove(kAccelRedirect);
  script.remove(kSendfile);
  if (by_url ? locations_.empty() : sendfile_roots_.empty()) {
    observe::log(warned_ ? observe::Level::kDebug : observe::Level::kWarn,
                 "a script asked to send a file, but the option for it is not set",
                 {{"option", by_url ? "accel_locations" : "sendfile_roots"}, {"name", value}});
    warned_ = true;
    return false;
  }
  const Named named = by_url ? find_location(value) : find_sendfile(value, pool);
  if (named.root == nullptr) {
    observe::log(observe::Level::kError,
                 "a script asked to send a file outside the configured directories",
                 {{"name", value}});
    fail(404, response);
    return true;
  }
  const files::FileCache::Answer found = files.open(*named.root, named.path);
  if (found.outcome != files::LookupOutcome::kFile) {
    const int status = status_of(found.outcome);
    if (found.error_number != 0) {
      failures_.note(status, named.root->path() + named.path, found.error_number);
    } else {
      observe::log(observe::Level::kError, "a script asked to send a file that does not exist",
                   {{"name", value}});
    }
    fail(status, response);
    return true;
  }
  files::respond_with_file(request, *found.file, files::FileRequest::kByScript, now_seconds,
                           response);
  if (response.head.status < 400) merge(script, response.head);
  return true;
}

}  // namespace tusk::site
