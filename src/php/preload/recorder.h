// Recorder: notes which files requests include, for the list of files to preload.
//
// Owner: the process. Thread: start() main, before there are workers; the rest the workers'.
#pragma once

#include <string>

namespace tusk::php::preload {

// It looks at one request in a second at the most, so that requests cost nothing more, and writes
// to the list 1 s after the first, then after 2 s, 4 s and so on, up to a minute. A worker process
// has a record of its own.
class Recorder {
 public:
  // `base`: release_directory() of the document root.
  static void start(std::string list_file, std::string base);

  // At the end of each request, while PHP still knows what it has included.
  static void look_at_request() noexcept;
  // After each request, when nothing of PHP is interrupted any more: may write a file.
  static void write_if_due() noexcept;
};

}  // namespace tusk::php::preload
