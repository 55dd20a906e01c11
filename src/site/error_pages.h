// ErrorPages: the site's own pages for errors of the server, from ERROR_PAGES_DIR.
//
// Owner: the Site. Thread: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/background_thread.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "files/file_loader.h"

namespace tusk::site {

// For a status NNN it uses the first of NNN.php, NNN.html, and for its class 4xx.php, 4xx.html (or
// 5xx). Pages are cached, and checked again when they are needed and kCheckEvery has passed, so
// that a flood of errors reads no files and a changed page needs no restart.
//
// A background thread reads the files, since their file system may not respond; until it is done,
// the previous page is used. Without a thread (`tusk route`) find() reads them itself.
class ErrorPages {
 public:
  static constexpr base::Duration kCheckEvery = std::chrono::seconds(1);
  static constexpr std::size_t kMaxPending = 200;           // of the thread; others are retried
  static constexpr std::size_t kMaxPageBytes = 256 * 1024;  // larger pages are not used

  ErrorPages() = default;  // there are no pages
  explicit ErrorPages(std::string directory) : directory_(std::move(directory)) {}

  // Reads all pages now, and later ones on `thread`, which must outlive this object.
  void read_on(base::BackgroundThread& thread);

  struct Page {
    std::string script;  // the name of a script in the directory, "/404.php"; empty: there is none
    // The page, and its encodings from keep(). Without identity there is no page.
    files::ServedFile html;

    bool has_html() const { return html.identity() != nullptr; }
  };
  // Valid until the next call. Null: there is no page.
  const Page* find(int status, base::MonotonicTime now = base::now());

  // Adds another coding of the page for `status`. It is dropped if the page is not `original` any
  // more.
  void keep(int status, const files::RepresentationRef& original, http::ContentCoding coding,
            const files::RepresentationRef& encoded);

  // Without a trailing slash; empty: there are no pages.
  const std::string& directory() const { return directory_; }

 private:
  struct Kept {
    Page page;
    base::MonotonicTime checked{};
    // The HTML file as it was read; tells whether it has changed.
    std::string path;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    bool looked_for = false;  // the thread is reading it
  };
  // The pages that the thread has read, by status.
  using News = base::Guarded<std::vector<std::pair<int, Kept>>>;

  static void look(const std::string& directory, int status, Kept& kept);
  static bool take_html(const std::string& path, Kept& kept);
  void look_later(int status, Kept& kept);
  void take_news();

  std::string directory_;
  std::map<int, Kept> kept_;  // by status; at most 200
  base::BackgroundThread* thread_ = nullptr;
  std::shared_ptr<News> news_;  // shared with jobs, which may outlive this object
};

}  // namespace tusk::site
