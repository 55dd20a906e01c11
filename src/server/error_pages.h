// ErrorPages: the site's own pages for the server's errors, from ERROR_PAGES_DIR.
//
// For a status NNN: NNN.php, NNN.html, then for its class 4xx.php, 4xx.html (5xx likewise); the
// first that is there. Pages are kept, and looked at again when they are needed and kCheckEvery has
// passed, so that neither a flood of errors reads files nor a changed page needs a restart.
//
// Owner: the Site. Thread: its loop; find() may wait for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "files/file_loader.h"

namespace tusk::server {

class ErrorPages {
 public:
  static constexpr base::Duration kCheckEvery = std::chrono::seconds(1);
  static constexpr std::size_t kMaxPageBytes = 256 * 1024;  // a larger one is not used

  ErrorPages() = default;  // none
  explicit ErrorPages(std::string directory) : directory_(std::move(directory)) {}

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
    std::string name;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
  };

  void look(int status, Kept& kept) const;
  bool take_html(const std::string& name, Kept& kept) const;

  std::string directory_;
  std::map<int, Kept> kept_;  // by status: 200 of them at most
};

}  // namespace tusk::server
