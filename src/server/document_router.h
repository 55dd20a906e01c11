// DocumentRouter: files and scripts below one document root.
//
// Three modes:
//   classic     a script or a file of that name; a directory's index; else the fallback; else 404
//   framework   INDEX_FILE=x.php: a file if it exists, everything else to x.php; other .php is 404
//   single page INDEX_FILE=x.html: a file if it exists, everything else to x.html; .php is 404
//
// Owner: the app. Thread: the loop. Looks into the file system: 1 to 3 system calls a request.
#pragma once

#include <string>
#include <string_view>

#include "files/document_root.h"
#include "server/router.h"

namespace tusk::server {

class DocumentRouter final : public Router {
 public:
  struct Settings {
    std::string index_file;  // empty: classic
    std::string fallback;    // with a leading slash, or empty
  };

  DocumentRouter(files::DocumentRoot root, Settings settings)
      : root_(std::move(root)), settings_(std::move(settings)) {
    const std::string& index = settings_.index_file;
    has_front_script_ = index.ends_with(".php");
    if (!index.empty()) front_ = "/" + index;
  }

  Route& route(const http::RequestHead& head, std::int64_t now_seconds) override;

 private:
  // What is asked for, while it is being looked up.
  struct Question {
    const http::RequestHead& head;
    std::string_view path;  // decoded
    std::int64_t now_seconds;
  };

  bool try_script(const Question& question);
  bool try_script_before_slash(const Question& question);
  // What a directory of that name means to try_file().
  enum class OnDirectory { redirect, not_found };
  bool try_file(const Question& question, std::string_view path, OnDirectory on_directory);
  bool try_directory(const Question& question);
  bool try_target(const Question& question, std::string_view path);
  void route_front(const Question& question);
  void route_classic(const Question& question);
  void answer_error(int status);
  void run(std::string_view script, std::string_view path_info);

  files::DocumentRoot root_;
  Settings settings_;
  std::string front_;  // "/index.php" in framework mode
  bool has_front_script_ = false;
  Route route_;
  std::string path_;
};

}  // namespace tusk::server
