// The attempts of DocumentRouter: each looks up one thing in the site's root.

#include <array>
#include <optional>
#include <utility>

#include <unistd.h>

#include "base/permission.h"
#include "files/script_path.h"
#include "http/accept.h"
#include "http/path.h"
#include "site/absence.h"
#include "site/document_router.h"

namespace tusk::site {

namespace {

constexpr std::array<std::string_view, 2> kDirectoryIndexes = {"index.php", "index.html"};

}  // namespace

std::string DocumentRouter::describe(const Lookup& lookup, std::string_view path,
                                     files::LookupOutcome outcome, int error_number) const {
  switch (outcome) {
    case files::LookupOutcome::kFile:
      return "a file";
    case files::LookupOutcome::kDirectory:
      return "a directory";
    case files::LookupOutcome::kNotFound:
      return error_number == 0 ? why_absent(lookup.root.path(), path) : file_reason(error_number);
    case files::LookupOutcome::kForbidden:
      return "exists, but may not be read: " +
             base::denial_text(lookup.root.path() + std::string(path), R_OK, error_number);
    case files::LookupOutcome::kExhausted:
      return "no descriptor left to open it";
    case files::LookupOutcome::kFailed:
      return "cannot be read: " + file_reason(error_number);
  }
  return {};
}

bool DocumentRouter::cannot_open(Lookup& lookup, std::string_view path,
                                 files::LookupOutcome outcome, int error_number) {
  if (outcome == files::LookupOutcome::kNotFound) {
    if (error_number == 0 || lookup.file_error != 0) return false;
    lookup.file_error = error_number;
    lookup.file_error_path.assign(lookup.root.path()).append(path);
    return false;
  }
  const int status = outcome == files::LookupOutcome::kForbidden   ? 403
                     : outcome == files::LookupOutcome::kExhausted ? 503
                                                                   : 500;
  failures_.note(status, lookup.root.path() + std::string(path), error_number);
  fail(status);
  return true;
}

// Whether an existing script may run if a client names it.
bool DocumentRouter::may_run(const Lookup& lookup, std::string_view script) const {
  const SiteRoutes& routes = *lookup.site.routes;
  const auto refuse = [&](std::string_view option, const auto& why) {
    explain(
        "script",
        [&] {
          return std::string(script) + ": may not run: " + why() + "; " +
                 existence(lookup.root.path(), script);
        },
        option);
    return false;
  };
  if (routes.denied_files.contains(script))
    return refuse("denied_files",
                  [&] { return "matches " + routes.denied_files.first_match(script); });
  if (routes.static_only.contains(script))
    return refuse("static_only",
                  [&] { return "matches " + routes.static_only.first_match(script); });
  if (routes.run_scripts.empty() || routes.run_scripts.contains(script)) return true;
  return refuse("run_scripts", [] { return std::string("matches no name in run_scripts"); });
}

bool DocumentRouter::try_script(Lookup& lookup) {
  const files::ScriptPath script = files::split_script_path(files_, lookup.root, lookup.path);
  if (script.outcome == files::LookupOutcome::kNotFound) {
    explain("script", [&] {
      if (script.script.empty()) return std::string("the path names no script (NAME.php)");
      return lookup.root.path() + std::string(script.script) + ": " +
             describe(lookup, script.script, script.outcome, script.error_number);
    });
    return cannot_open(lookup, script.script, script.outcome, script.error_number);
  }
  if (lookup.encoded_slash && !lookup.rewritten &&
      !starts_before_encoded_slash(lookup, script.script)) {
    explain("script", [&] { return std::string(script.script) + ": contains an encoded slash"; });
    return false;
  }
  if (!may_run(lookup, script.script)) {
    fail(404);
    return true;
  }
  if (script.outcome != files::LookupOutcome::kFile) {
    explain("script", [&] {
      return lookup.root.path() + std::string(script.script) + ": " +
             describe(lookup, script.script, script.outcome, script.error_number);
    });
    return cannot_open(lookup, script.script, script.outcome, script.error_number);
  }
  run(lookup, script.script, script.path_info);
  return true;
}

// /wiki.php/A%2FB: after the script's name an encoded slash is data, as in PHP-FPM. The script's
// name and a real slash must precede it.
bool DocumentRouter::starts_before_encoded_slash(const Lookup& lookup,
                                                 std::string_view script) const {
  const http::RequestHead& head = lookup.request.head;
  const std::string_view raw = head.view(head.path);
  std::size_t at = raw.find("%2");
  while (at != std::string_view::npos && (raw[at + 2] | 0x20) != 'f') at = raw.find("%2", at + 2);
  std::string before;
  if (http::decode_path(raw.substr(0, at), before).error != http::PathError::kNone) return false;
  return before.starts_with(script) && before.size() > script.size() &&
         before[script.size()] == '/';
}

// A script or file that the configuration names, or a directory's index.
bool DocumentRouter::try_target(Lookup& lookup, std::string_view path) {
  if (!path.ends_with(".php")) return try_file(lookup, path, OnDirectory::kNotFound);
  const files::FileCache::Answer found = files_.find_script(lookup.root, path);
  if (found.outcome != files::LookupOutcome::kFile) {
    explain("script", [&] {
      return lookup.root.path() + std::string(path) + ": " +
             describe(lookup, path, found.outcome, found.error_number);
    });
    return found.outcome != files::LookupOutcome::kDirectory &&
           cannot_open(lookup, path, found.outcome, found.error_number);
  }
  run(lookup, path, {});
  return true;
}

bool DocumentRouter::try_directory(Lookup& lookup) {
  for (const std::string_view index : kDirectoryIndexes) {
    std::string path(lookup.path);
    path.append(index);
    if (path.ends_with(".php") && !may_run(lookup, path)) continue;
    if (try_target(lookup, path)) return true;
  }
  return lookup.site.routes->list_directories && try_listing(lookup);
}

// Whether try_directory() would find something.
bool DocumentRouter::has_answer(const Lookup& lookup, const std::string& directory) const {
  for (const std::string_view index : kDirectoryIndexes) {
    const std::string path = directory + std::string(index);
    const bool script = path.ends_with(".php");
    if (script ? !may_run(lookup, path) : lookup.site.routes->denied_files.contains(path)) {
      continue;
    }
    const files::LookupOutcome outcome = script ? files_.find_script(lookup.root, path).outcome
                                                : files_.open(lookup.root, path).outcome;
    if (outcome != files::LookupOutcome::kNotFound && outcome != files::LookupOutcome::kDirectory)
      return true;
  }
  const SiteRoutes& routes = *lookup.site.routes;
  if (!routes.list_directories || routes.denied_files.contains(directory)) return false;
  const files::LookupOutcome outcome = lookup.root.open_directory(directory).outcome;
  return outcome != files::LookupOutcome::kNotFound && outcome != files::LookupOutcome::kFile;
}

// Only checks that there is a directory to list; another thread reads it.
bool DocumentRouter::try_listing(Lookup& lookup) {
  if (lookup.site.routes->denied_files.contains(lookup.path)) return false;
  files::FoundFile found = lookup.root.open_directory(lookup.path);
  if (found.outcome != files::LookupOutcome::kDirectory) {
    explain("directory", [&] {
      return lookup.path + ": " + describe(lookup, lookup.path, found.outcome, found.error_number);
    });
    return found.outcome != files::LookupOutcome::kFile &&
           cannot_open(lookup, lookup.path, found.outcome, found.error_number);
  }
  explain("directory", [&] { return lookup.path + ": listed"; });
  const http::RequestHead& head = lookup.request.head;
  const std::string_view method = head.view(head.method);
  if (method != "GET" && method != "HEAD") {
    if (method != "OPTIONS") fail(405);
    route_.response.head.status = method == "OPTIONS" ? 204 : 405;
    route_.response.head.add("Allow", "GET, HEAD, OPTIONS");
    return true;
  }
  std::optional<files::DocumentRoot> root = lookup.root.duplicate();
  if (!root) {
    fail(503);
    return true;
  }
  const bool json = http::prefers_json(head.find("accept"));
  route_.kind = Route::Kind::kListing;
  route_.answered_by = observe::AnsweredBy::kStatic;
  route_.response.head.add("Content-Type", json ? "application/json" : "text/html; charset=utf-8");
  route_.response.head.add("Vary", "Accept");
  route_.order.emplace(lookup.root.id(), std::move(*root), std::move(found.fd), lookup.path, json,
                       files::parse_listing_sort(head.view(head.query)),
                       &lookup.site.routes->denied_files);
  return true;
}

void DocumentRouter::run(const Lookup& lookup, std::string_view script,
                         std::string_view path_info) {
  route_.kind = Route::Kind::kScript;
  route_.answered_by = observe::AnsweredBy::kPhp;
  route_.document_root.assign(lookup.root.path());
  route_.script_name.assign(script);
  route_.path_info.assign(path_info);
  route_.root_generation = lookup.site.root.generation();
  explain("script", [&] { return lookup.root.path() + std::string(script) + ": runs"; });
}

// Whether the name is not public, be there a file or not.
bool DocumentRouter::is_concealed(const Lookup& lookup, std::string_view path) const {
  const rules::PathList& denied = lookup.site.routes->denied_files;
  const bool is_hidden = http::has_hidden_segment(path);
  if (!is_hidden && !denied.contains(path)) return false;
  explain(
      "file",
      [&] {
        const std::string why =
            is_hidden ? "hidden files are never served" : "matches " + denied.first_match(path);
        return std::string(path) + ": its name is not public: " + why + "; " +
               existence(lookup.root.path(), path);
      },
      is_hidden ? "" : "denied_files");
  return true;
}

bool DocumentRouter::try_file(Lookup& lookup, std::string_view path, OnDirectory on_directory) {
  if (is_concealed(lookup, path)) {
    lookup.concealed = true;
    return false;
  }
  const files::FileCache::Answer found = files_.open(lookup.root, path);
  explain("file", [&] {
    return lookup.root.path() + std::string(path) + ": " +
           describe(lookup, path, found.outcome, found.error_number);
  });
  switch (found.outcome) {
    case files::LookupOutcome::kFile:
      route_.answered_by = observe::AnsweredBy::kStatic;
      files::respond_with_file(lookup.request.head, *found.file, files::FileRequest::kByUrl,
                               lookup.request.now_seconds, route_.response);
      // 405, 412 and 416 have fields of their own: Allow, Content-Range.
      if (route_.response.head.status >= 400) {
        route_.kind = Route::Kind::kError;
        route_.error_status = route_.response.head.status;
      } else {
        route_.file = found.file;
        route_.root = lookup.root.id();
        route_.path.assign(path);
      }
      return true;
    case files::LookupOutcome::kDirectory: {
      if (on_directory == OnDirectory::kNotFound) return false;
      // If the directory has no answer, the fallback gets the unchanged address: many front
      // controllers would redirect an added slash back, for ever.
      std::string directory(path);
      directory += '/';
      if (!has_answer(lookup, directory)) {
        explain("directory", [&] { return directory + ": has no index and no listing"; });
        return false;
      }
      // Made from the decoded path and not from the client's text: "//host/.." must not become a
      // link to another host.
      std::string location;
      http::append_encoded_path(directory, location);
      const http::RequestHead& head = lookup.request.head;
      if (head.has_query) location.append("?").append(head.view(head.query));
      redirect(301, location);
      return true;
    }
    case files::LookupOutcome::kNotFound:
    case files::LookupOutcome::kForbidden:
    case files::LookupOutcome::kExhausted:
    case files::LookupOutcome::kFailed:
      return cannot_open(lookup, path, found.outcome, found.error_number);
  }
  return false;
}

}  // namespace tusk::site
