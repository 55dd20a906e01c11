// ErrorPages: the site's own pages for the server's errors, from ERROR_PAGES_DIR.
//
// For a status NNN: NNN.php, NNN.html, then for its class 4xx.php, 4xx.html (5xx likewise); the
// first that is there. Pages are kept, and looked at again when they are needed and kCheckEvery has
// passed, so that neither a flood of errors reads files nor a changed page needs a restart.
//
// A thread of its own looks at the files, since they may be on a file system that does not answer:
// until it has, the page is the one before. Without a thread (`tusk route`) find() looks itself.
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

class ErrorPages {
 public:
  static constexpr base::Duration kCheckEvery = std::chrono::seconds(1);
  static constexpr std::size_t kMaxPending = 200;  // looks of the thread; others come again
  static constexpr std::size_t kMaxPageBytes = 256 * 1024;  // a larger one is not used

  ErrorPages() = default;  // none
  explicit ErrorPages(std::string directory) : directory_(std::move(directory)) {}

  // Reads what is there, and has `thread`, which lives longer, look again from now on.
  void look_on(base::BackgroundThread& thread);

  struct Page {
    std::string script;  // name of a script in the directory, "/404.php"; empty: there is none
    // Its bytes, and them encoded as far as keep() was told. Without identity there is none.
    files::ServedFile html;

    bool has_html() const { return html.identity() != nullptr; }
  };
  // Good until the next call. Null: there is no page.
  const Page* find(int status, base::MonotonicTime now = base::now());

  // The page for `status` in another coding, for the next who wants it so. Dropped when the page is
  // not `original` any more.
  void keep(int status, const files::RepresentationRef& original, http::ContentCoding coding,
            const files::RepresentationRef& encoded);

  // Without a slash at the end; empty: none.
  const std::string& directory() const { return directory_; }

 private:
  struct Kept {
    Page page;
    base::MonotonicTime checked{};
    // Of the html that was read.
    std::string path;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    bool looked_for = false;  // by the thread, which has not answered yet
  };
  // What the thread has found, by status.
  using News = base::Guarded<std::vector<std::pair<int, Kept>>>;

  static void look(const std::string& directory, int status, Kept& kept);
  static bool take_html(const std::string& path, Kept& kept);
  void look_later(int status, Kept& kept);
  void take_news();

  std::string directory_;
  std::map<int, Kept> kept_;  // by status: 200 of them at most
  base::BackgroundThread* thread_ = nullptr;
  std::shared_ptr<News> news_;  // also the jobs', which may end after this
};

}  // namespace tusk::site
