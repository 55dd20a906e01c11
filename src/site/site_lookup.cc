// DocumentRouter: looking one thing up in the site's root.

#include <array>
#include <optional>
#include <utility>

#include "files/php_source.h"
#include "files/script_path.h"
#include "http/accept.h"
#include "http/path.h"
#include "site/document_router.h"

namespace tusk::site {

namespace {

constexpr std::array<std::string_view, 2> kDirectoryIndexes = {"index.php", "index.html"};

}  // namespace

std::string DocumentRouter::describe(files::Lookup outcome, int error_number) const {
  switch (outcome) {
    case files::Lookup::kFile:
      return "a file";
    case files::Lookup::kDirectory:
      return "a directory";
    case files::Lookup::kNotFound:
      return error_number == 0 ? "not there, or not to be served" : file_reason(error_number);
    case files::Lookup::kForbidden:
      return "may not be read by " + failures_.user() + ": " + file_reason(error_number);
    case files::Lookup::kExhausted:
      return "no descriptor to open it with";
    case files::Lookup::kFailed:
      return "cannot be read: " + file_reason(error_number);
  }
  return {};
}

bool DocumentRouter::cannot_open(Question& question, std::string_view path, files::Lookup outcome,
                                 int error_number) {
  if (outcome == files::Lookup::kNotFound) {
    if (error_number == 0 || question.odd_error != 0) return false;
    question.odd_error = error_number;
    question.odd_path.assign(question.root.path()).append(path);
    return false;
  }
  const int status = outcome == files::Lookup::kForbidden   ? 403
                     : outcome == files::Lookup::kExhausted ? 503
                                                            : 500;
  failures_.note(status, question.root.path() + std::string(path), error_number);
  fail(status);
  return true;
}

// Whether a script that is there may run when a client names it.
bool DocumentRouter::may_run(const Question& question, std::string_view script) const {
  const SiteRoutes& routes = question.site.routes;
  std::string_view why;
  if (routes.denied_files.contains(script)) {
    why = "denied_files";
  } else if (routes.static_only.contains(script)) {
    why = "static_only";
  } else if (!routes.run_scripts.empty() && !routes.run_scripts.contains(script)) {
    why = "run_scripts";
  }
  if (why.empty()) return true;
  explain("script", [&] { return std::string(script) + ": does not run, by " + std::string(why); });
  return false;
}

bool DocumentRouter::try_script(Question& question) {
  const files::ScriptPath script = files::split_script_path(files_, question.root, question.path);
  if (script.outcome == files::Lookup::kNotFound) {
    explain("script", [&] {
      return script.error_number == 0 ? std::string("no part of the path is one that is there")
                                      : question.root.path() + std::string(script.script) + ": " +
                                            file_reason(script.error_number);
    });
    return cannot_open(question, script.script, script.outcome, script.error_number);
  }
  if (question.encoded_slash && !question.rewritten &&
      !starts_before_encoded_slash(question, script.script)) {
    explain("script", [&] { return std::string(script.script) + ": an encoded slash is in it"; });
    return false;
  }
  if (!may_run(question, script.script)) {
    fail(404);
    return true;
  }
  if (script.outcome != files::Lookup::kFile) {
    explain("script", [&] {
      return question.root.path() + std::string(script.script) + ": " +
             describe(script.outcome, script.error_number);
    });
    return cannot_open(question, script.script, script.outcome, script.error_number);
  }
  run(question, script.script, script.path_info);
  return true;
}

// /wiki.php/A%2FB: behind a script an encoded slash is data, as PHP-FPM has it. The script must
// stand wholly before it, and a slash of its own between them.
bool DocumentRouter::starts_before_encoded_slash(const Question& question,
                                                 std::string_view script) const {
  const http::RequestHead& head = question.request.head;
  const std::string_view raw = head.view(head.path);
  std::size_t at = raw.find("%2");
  while (at != std::string_view::npos && (raw[at + 2] | 0x20) != 'f') at = raw.find("%2", at + 2);
  std::string before;
  if (http::decode_path(raw.substr(0, at), before).error != http::PathError::kNone) return false;
  return before.starts_with(script) && before.size() > script.size() &&
         before[script.size()] == '/';
}

// A script or a file that the configuration names, or a directory's index.
bool DocumentRouter::try_target(Question& question, std::string_view path) {
  if (!path.ends_with(".php")) return try_file(question, path, OnDirectory::kNotFound);
  const files::FileCache::Answer found = files_.find_script(question.root, path);
  if (found.outcome != files::Lookup::kFile) {
    explain("script", [&] {
      return question.root.path() + std::string(path) + ": " +
             describe(found.outcome, found.error_number);
    });
    return found.outcome != files::Lookup::kDirectory &&
           cannot_open(question, path, found.outcome, found.error_number);
  }
  run(question, path, {});
  return true;
}

bool DocumentRouter::try_directory(Question& question) {
  for (const std::string_view index : kDirectoryIndexes) {
    std::string path(question.path);
    path.append(index);
    if (path.ends_with(".php") && !may_run(question, path)) continue;
    if (try_target(question, path)) return true;
  }
  return question.site.routes.list_directories && try_listing(question);
}

// Whether try_directory() would find something there.
bool DocumentRouter::has_answer(const Question& question, const std::string& directory) const {
  for (const std::string_view index : kDirectoryIndexes) {
    const std::string path = directory + std::string(index);
    const bool script = path.ends_with(".php");
    if (script ? !may_run(question, path) : question.site.routes.denied_files.contains(path)) {
      continue;
    }
    const files::Lookup outcome = script ? files_.find_script(question.root, path).outcome
                                         : files_.open(question.root, path).outcome;
    if (outcome != files::Lookup::kNotFound && outcome != files::Lookup::kDirectory) return true;
  }
  const SiteRoutes& routes = question.site.routes;
  if (!routes.list_directories || routes.denied_files.contains(directory)) return false;
  const files::Lookup outcome = question.root.open_directory(directory).outcome;
  return outcome != files::Lookup::kNotFound && outcome != files::Lookup::kFile;
}

// Only whether there is something to be listed: what is in it is read by another thread.
bool DocumentRouter::try_listing(Question& question) {
  if (question.site.routes.denied_files.contains(question.path)) return false;
  files::FoundFile found = question.root.open_directory(question.path);
  if (found.outcome != files::Lookup::kDirectory) {
    explain("directory",
            [&] { return question.path + ": " + describe(found.outcome, found.error_number); });
    return found.outcome != files::Lookup::kFile &&
           cannot_open(question, question.path, found.outcome, found.error_number);
  }
  explain("directory", [&] { return question.path + ": is listed"; });
  const http::RequestHead& head = question.request.head;
  const std::string_view method = head.view(head.method);
  if (method != "GET" && method != "HEAD") {
    if (method != "OPTIONS") fail(405);
    route_.response.head.status = method == "OPTIONS" ? 204 : 405;
    route_.response.head.add("Allow", "GET, HEAD, OPTIONS");
    return true;
  }
  std::optional<files::DocumentRoot> root = question.root.twin();
  if (!root) {
    fail(503);
    return true;
  }
  const bool json = http::prefers_json(head.find("accept"));
  route_.kind = Route::Kind::kListing;
  route_.handler = observe::Handler::kStatic;
  route_.response.head.add("Content-Type", json ? "application/json" : "text/html; charset=utf-8");
  route_.response.head.add("Vary", "Accept");
  route_.order.emplace(question.root.id(), std::move(*root), std::move(found.fd), question.path,
                       json, &question.site.routes.denied_files);
  return true;
}

void DocumentRouter::run(const Question& question, std::string_view script,
                         std::string_view path_info) {
  route_.kind = Route::Kind::kScript;
  route_.handler = observe::Handler::kPhp;
  route_.document_root.assign(question.root.path());
  route_.script_name.assign(script);
  route_.path_info.assign(path_info);
  route_.root_generation = question.site.root.generation();
  explain("script", [&] { return question.root.path() + std::string(script) + ": runs"; });
}

bool DocumentRouter::try_file(Question& question, std::string_view path, OnDirectory on_directory) {
  if (http::has_hidden_segment(path) || question.site.routes.denied_files.contains(path)) {
    question.concealed = true;
    explain("file", [&] { return std::string(path) + ": not public, by its name"; });
    return false;
  }
  const files::FileCache::Answer found = files_.open(question.root, path);
  explain("file", [&] {
    const bool source = found.outcome == files::Lookup::kNotFound && found.error_number == 0 &&
                        files::is_php_source(path);
    return question.root.path() + std::string(path) + ": " +
           (source ? "may be PHP source, which is never sent"
                   : describe(found.outcome, found.error_number));
  });
  switch (found.outcome) {
    case files::Lookup::kFile:
      route_.handler = observe::Handler::kStatic;
      files::respond_with_file(question.request.head, *found.file, files::FileRequest::kByUrl,
                               question.request.now_seconds, route_.response);
      // 405, 412 and 416, with fields of their own: Allow, Content-Range.
      if (route_.response.head.status >= 400) {
        route_.kind = Route::Kind::kError;
        route_.error_status = route_.response.head.status;
      } else {
        route_.file = found.file;
        route_.root = question.root.id();
        route_.path.assign(path);
      }
      return true;
    case files::Lookup::kDirectory: {
      if (on_directory == OnDirectory::kNotFound) return false;
      // Where nothing would answer, the fallback is asked, and with the address as it came: many
      // front controllers send one with a slash back to the one without, for ever.
      std::string directory(path);
      directory += '/';
      if (!has_answer(question, directory)) {
        explain("directory", [&] { return directory + ": nothing answers for it"; });
        return false;
      }
      // Made from the decoded path and not from what the client sent: "//host/.." must not come
      // back as a link to another host.
      std::string location;
      http::append_encoded_path(directory, location);
      const http::RequestHead& head = question.request.head;
      if (head.has_query) location.append("?").append(head.view(head.query));
      redirect(301, location);
      return true;
    }
    case files::Lookup::kNotFound:
    case files::Lookup::kForbidden:
    case files::Lookup::kExhausted:
    case files::Lookup::kFailed:
      return cannot_open(question, path, found.outcome, found.error_number);
  }
  return false;
}

}  // namespace tusk::site
