#include "site/error_pages.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "observe/log.h"

namespace tusk::site {
namespace {

constexpr int kFirst = 400;
constexpr int kLast = 599;

bool is_file(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// Reads a whole small file. Returns false if that fails or the file is too large.
bool read_all(int fd, std::size_t limit, std::string& out) {
  out.clear();
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || out.size() + static_cast<std::size_t>(got) > limit) return false;
    if (got == 0) return true;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

void ErrorPages::read_on(base::BackgroundThread& thread) {
  if (directory_.empty()) return;
  for (int status = kFirst; status <= kLast; ++status) {
    Kept& kept = kept_[status];
    kept.checked = base::now();
    look(directory_, status, kept);
  }
  news_ = std::make_shared<News>();
  thread_ = &thread;
}

const ErrorPages::Page* ErrorPages::find(int status, base::MonotonicTime now) {
  if (directory_.empty() || status < kFirst || status > kLast) return nullptr;
  if (thread_ != nullptr) take_news();
  const auto [entry, is_new] = kept_.try_emplace(status);
  Kept& kept = entry->second;
  if (is_new || now - kept.checked >= kCheckEvery) {
    kept.checked = now;
    if (thread_ != nullptr) {
      look_later(status, kept);
    } else {
      look(directory_, status, kept);
    }
  }
  return kept.page.has_html() || !kept.page.script.empty() ? &kept.page : nullptr;
}

void ErrorPages::look_later(int status, Kept& kept) {
  if (kept.looked_for) return;
  kept.looked_for =
      thread_->submit([news = news_, directory = directory_, status, found = kept]() mutable {
        look(directory, status, found);
        news->lock()->emplace_back(status, std::move(found));
      });
}

void ErrorPages::take_news() {
  std::vector<std::pair<int, Kept>> news;
  news.swap(*news_->lock());
  for (auto& [status, found] : news) {
    Kept& kept = kept_[status];
    // The page is unchanged: encodings added meanwhile stay.
    if (found.page.html.identity() == kept.page.html.identity()) {
      found.page.html = std::move(kept.page.html);
    }
    found.checked = kept.checked;
    found.looked_for = false;
    kept = std::move(found);
  }
}

void ErrorPages::keep(int status, const files::RepresentationRef& original,
                      http::ContentCoding coding, const files::RepresentationRef& encoded) {
  const auto entry = kept_.find(status);
  if (entry == kept_.end() || entry->second.page.html.identity() != original) return;
  entry->second.page.html.in[static_cast<std::size_t>(coding)] = encoded;
}

void ErrorPages::look(const std::string& directory, int status, Kept& kept) {
  kept.page.script.clear();
  const std::array<std::string, 2> names = {"/" + std::to_string(status),
                                            status < 500 ? "/4xx" : "/5xx"};
  for (const std::string& name : names) {
    const bool has_script = is_file(directory + name + ".php");
    if (has_script) kept.page.script = name + ".php";
    // Also if there is a script: it serves errors that no script can handle.
    const bool has_html = take_html(directory + name + ".html", kept);
    if (!has_html && has_script) kept.page.html = {};
    if (has_html || has_script) return;
  }
  kept.page.html = {};
}

bool ErrorPages::take_html(const std::string& path, Kept& kept) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const std::int64_t modified_ns =
      static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
  const bool same =
      kept.page.has_html() && kept.path == path && kept.modified_ns == modified_ns &&
      kept.inode == info.st_ino &&
      kept.page.html.identity()->size_bytes == static_cast<std::uint64_t>(info.st_size);
  if (same) return true;
  auto page = std::make_shared<files::Representation>();
  if (!read_all(fd.get(), kMaxPageBytes, page->bytes)) {
    observe::error("cannot read an error page, or it is too large",
                   {{"path", path}, {"limit", kMaxPageBytes}});
    return false;
  }
  page->size_bytes = page->bytes.size();
  kept.page.html = {};
  kept.page.html.in[0] = std::move(page);
  kept.path = path;
  kept.modified_ns = modified_ns;
  kept.inode = info.st_ino;
  return true;
}

}  // namespace tusk::site
