// XSendfile: the files that scripts may have sent in place of their output: by X-Sendfile,
// which names a file, and by X-Accel-Redirect, which names a URL path that no client can ask for.
//
// Nothing may be handed out unless it is configured. The names come from the application, which has
// decided who may have the file; what it was given by a client is held within the roots all the
// same. Files there are served whatever their names are: dotfiles and PHP source too.
//
// Owner: the app. Thread: the loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "files/document_root.h"
#include "files/file_cache.h"
#include "files/static_response.h"
#include "http/request.h"
#include "http/response.h"
#include "site/file_failures.h"

namespace tusk::site {

class XSendfile {
 public:
  // What the roots are, from the options.
  struct Settings {
    struct Location {
      std::string prefix;     // "/protected/": of X-Accel-Redirect, with a slash at both ends
      std::string directory;  // absolute
    };
    std::vector<Location> locations;
    std::vector<std::string> sendfile_roots;  // absolute
    files::SymbolicLinks links = files::SymbolicLinks::kFollow;
    std::string user;  // as Site::user
  };

  // Fails when one of the directories is none.
  static base::Result<XSendfile> open(const Settings& settings);
  XSendfile() = default;

  // Whether a script's response asks for a file. Costs a look at the length of each name.
  static bool asked_for(const http::ResponseHead& head) noexcept;

  // Takes the two fields off the head, so that no client sees them, and answers.
  //  - true: `response` is the file's (200, 206, 304, 412, 416), with the script's fields but those
  //    that belong to its own body (Content-Length, Content-Encoding, ETag ...), and without the
  //    Cache-Control of files; or, with status 403, 404, 500 or 503, an error that has no body yet.
  //    The script's body is not to be sent.
  //  - false: it is not configured, and the script's own response is to be sent.
  bool answer(const http::RequestHead& request, http::ResponseHead& script, files::FileCache& files,
              std::int64_t now_seconds, files::StaticResponse& response);

 private:
  // A directory, by the names that it may be called by. Opened again when a deployment has switched
  // it for another.
  struct Root {
    std::string configured;  // without a slash at the end
    std::string real;        // the same without symbolic links: what __DIR__ says
    files::DocumentRoot directory;
  };
  struct Named {
    const files::DocumentRoot* root = nullptr;
    std::string path;
  };

  static base::Result<Root> open_root(const std::string& path, files::SymbolicLinks links);
  void reopen_if_switched(Root& root);
  Named find_location(std::string_view url);
  Named find_sendfile(std::string_view name);

  struct Location {
    std::string prefix;
    Root root;
  };
  std::vector<Location> locations_;
  std::vector<Root> sendfile_roots_;
  files::SymbolicLinks links_ = files::SymbolicLinks::kFollow;
  FileFailures failures_{std::string()};
  bool complained_ = false;  // once is enough
};

}  // namespace tusk::site
