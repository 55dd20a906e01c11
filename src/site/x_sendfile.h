// XSendfile: sends a file instead of a script's output, as the script asks by X-Sendfile (the name
// of a file) or X-Accel-Redirect (a URL path that clients cannot request).
//
// Owner: app::ServingLoop. Thread: its loop.
#pragma once

#include <cstddef>
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

// Only configured directories are available. The application chooses the name and has decided that
// the client may get the file, but its name may contain the client's input, so it is confined to
// these directories. Every file in them may be sent, even dotfiles and PHP source.
class XSendfile {
 public:
  // The directories, from the options.
  struct Settings {
    struct Location {
      std::string prefix;     // "/protected/": for X-Accel-Redirect, with a slash at both ends
      std::string directory;  // absolute
    };
    std::vector<Location> locations;
    std::vector<std::string> sendfile_roots;  // absolute
    // By pool, the root directory of its scripts, from which they name files; empty: the server's.
    std::vector<std::string> pool_roots;
    files::SymbolicLinks links = files::SymbolicLinks::kFollow;
    std::string user;  // as Site::user
  };

  // Fails if one of the directories is not a directory.
  static base::Result<XSendfile> open(const Settings& settings);
  XSendfile() = default;

  // Whether a script's response asks for a file. It compares the length of each field name.
  static bool asked_for(const http::ResponseHead& head) noexcept;

  // Removes the two fields from the head, so that no client sees them, and answers.
  //  - true: `response` is the file's (200, 206, 304, 412, 416) with the script's fields, except
  //    those about the script's own body (Content-Length, Content-Encoding, ETag ...) and without
  //    the Cache-Control of files. Or it is an error without a body (403, 404, 500 or 503). The
  //    script's body must not be sent.
  //  - false: the option is not set; send the script's own response.
  // `pool`: whose script it is.
  bool answer(const http::RequestHead& request, http::ResponseHead& script, files::FileCache& files,
              std::int64_t now_seconds, files::StaticResponse& response, std::size_t pool = 0);

 private:
  // A directory and its possible names. It is opened again when a deployment has replaced it.
  struct Root {
    std::string configured;  // without a trailing slash
    std::string real;        // with symbolic links resolved, as __DIR__ gives it
    files::DocumentRoot directory;
  };
  struct Named {
    const files::DocumentRoot* root = nullptr;
    std::string path;
  };

  static base::Result<Root> open_root(const std::string& path, files::SymbolicLinks links);
  void reopen_if_switched(Root& root);
  Named find_location(std::string_view url);
  Named find_sendfile(std::string_view name, std::size_t pool);

  struct Location {
    std::string prefix;
    Root root;
  };
  std::vector<Location> locations_;
  std::vector<Root> sendfile_roots_;
  std::vector<std::string> pool_roots_;
  files::SymbolicLinks links_ = files::SymbolicLinks::kFollow;
  FileFailures failures_{std::string()};
  bool warned_ = false;  // one warning is enough
};

}  // namespace tusk::site
