#include "server/document_router.h"

#include <array>

#include "files/php_source.h"
#include "files/script_path.h"
#include "http/path.h"
#include "observe/log.h"
#include "server/error_response.h"

namespace tusk::server {

namespace {

constexpr std::array<std::string_view, 2> kDirectoryIndexes = {"index.php", "index.html"};

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~' || c == '/';
}

// A decoded path as a URL again. Made from the decoded path and not from what the client sent:
// "//host/.." must not come back as a link to another host.
std::string encode_path(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

}  // namespace

Route& DocumentRouter::route(const http::RequestHead& head, std::int64_t now_seconds) {
  route_.kind = Route::Kind::response;
  route_.handler = observe::Handler::kNone;
  route_.body.clear();
  const std::string_view method = head.view(head.method);
  // It would send the request back, credentials included (RFC 9110 §9.3.8).
  if (method == "TRACE") {
    answer_error(405);
    route_.response.head.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return route_;
  }
  const http::DecodedPath decoded = http::decode_path(head.view(head.path), path_);
  if (decoded.error == http::PathError::not_absolute) {  // OPTIONS *: about the server as a whole
    route_.response = {};
    route_.response.head.status = 204;
    route_.response.head.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return route_;
  }
  if (decoded.error != http::PathError::none) {
    answer_error(http::http_status(decoded.error));
    return route_;
  }
  const Question question{head, path_, now_seconds};
  if (decoded.encoded_slash && front_.empty() && try_script_before_slash(question)) return route_;
  if (decoded.encoded_slash) {
    // Names no file; a front controller reads REQUEST_URI (http/path.h).
    const std::string_view target =
        front_.empty() ? std::string_view(settings_.fallback) : std::string_view(front_);
    if (target.empty() || !try_target(question, target)) answer_error(404);
  } else if (front_.empty()) {
    route_classic(question);
  } else {
    route_front(question);
  }
  return route_;
}

void DocumentRouter::route_classic(const Question& question) {
  if (try_script(question)) return;
  if (http::has_hidden_segment(question.path)) return answer_error(404);
  if (question.path.ends_with('/')) {
    if (try_directory(question)) return;
  } else if (try_file(question, question.path, OnDirectory::redirect)) {
    return;
  }
  if (!settings_.fallback.empty() && try_target(question, settings_.fallback)) return;
  answer_error(404);
}

void DocumentRouter::route_front(const Question& question) {
  const std::string_view path = question.path;
  if (has_front_script_ && path.starts_with(front_) &&
      (path.size() == front_.size() || path[front_.size()] == '/')) {
    if (try_target(question, front_)) {
      route_.path_info.assign(path.substr(front_.size()));
      return;
    }
  }
  if (files::is_php_source(path) || http::has_hidden_segment(path)) return answer_error(404);
  if (!path.ends_with('/') && try_file(question, path, OnDirectory::not_found)) return;
  if (!try_target(question, front_)) answer_error(404);
}

// A script or a file of the configuration, such as the fallback.
bool DocumentRouter::try_target(const Question& question, std::string_view path) {
  if (!path.ends_with(".php")) return try_file(question, path, OnDirectory::not_found);
  if (root_.find(path).outcome != files::Lookup::kFile) return false;
  run(path, {});
  return true;
}

bool DocumentRouter::try_script(const Question& question) {
  const auto script = files::split_script_path(root_, question.path);
  if (!script) return false;
  run(script->script, script->path_info);
  return true;
}

// /wiki.php/A%2FB: behind a script an encoded slash is data, as PHP-FPM has it. The script must
// stand wholly before it, and a slash of its own between them.
bool DocumentRouter::try_script_before_slash(const Question& question) {
  const auto script = files::split_script_path(root_, question.path);
  if (!script) return false;
  const std::string_view raw = question.head.view(question.head.path);
  std::size_t at = raw.find("%2");
  while (at != std::string_view::npos && (raw[at + 2] | 0x20) != 'f') at = raw.find("%2", at + 2);
  std::string before;
  if (http::decode_path(raw.substr(0, at), before).error != http::PathError::none) return false;
  const std::string_view name = script->script;
  if (!before.starts_with(name) || before.size() == name.size() || before[name.size()] != '/') {
    return false;
  }
  run(name, script->path_info);
  return true;
}

void DocumentRouter::run(std::string_view script, std::string_view path_info) {
  route_.kind = Route::Kind::script;
  route_.handler = observe::Handler::kPhp;
  route_.document_root.assign(root_.path());
  route_.script_name.assign(script);
  route_.path_info.assign(path_info);
}

// True: the question is answered, if only by an error.
bool DocumentRouter::try_file(const Question& question, std::string_view path,
                              OnDirectory on_directory) {
  files::FoundFile file = root_.open_file(path);
  switch (file.outcome) {
    case files::Lookup::kFile:
      route_.handler = observe::Handler::kStatic;
      route_.response =
          files::respond_with_file(question.head, path, std::move(file), question.now_seconds);
      return true;
    case files::Lookup::kDirectory: {
      if (on_directory == OnDirectory::not_found) return false;
      std::string location = encode_path(path) + "/";
      if (question.head.has_query) {
        location.append("?").append(question.head.view(question.head.query));
      }
      route_.response = {};
      make_redirect(location, route_.response.head, route_.body);
      route_.response.framing = http::Framing::known(route_.body.size());
      return true;
    }
    case files::Lookup::kNotFound:
      return false;
    case files::Lookup::kForbidden:
      answer_error(403);
      return true;
    case files::Lookup::kExhausted:
    case files::Lookup::kFailed:
      observe::log(observe::Level::kError, "cannot open a file",
                   {{"path", path}, {"errno", file.error_number}});
      answer_error(file.outcome == files::Lookup::kExhausted ? 503 : 500);
      return true;
  }
  return false;
}

bool DocumentRouter::try_directory(const Question& question) {
  for (const std::string_view index : kDirectoryIndexes) {
    std::string path(question.path);
    path.append(index);
    if (try_target(question, path)) return true;
  }
  return false;
}

void DocumentRouter::answer_error(int status) {
  route_.kind = Route::Kind::response;
  route_.handler = observe::Handler::kNone;
  route_.response = {};
  make_error_response(status, route_.response.head, route_.body);
  route_.response.framing = http::Framing::known(route_.body.size());
}

}  // namespace tusk::server
