// Path resolution: arbitrary request targets through the router on a real directory, in every mode.
// No path outside the root is named, no hidden file, PHP source or denied file is sent, and only
// allowed scripts run.
//
// Input: one byte for the site's settings, then the target's path.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "http/path.h"
#include "http/target.h"
#include "http/token.h"
#include "site/document_router.h"

namespace {

namespace fs = std::filesystem;
using namespace tusk::site;

// A file's size says whether it may be sent: files that may be sent have 7 bytes.
constexpr std::uint64_t kPublicBytes = 7;

class FuzzedSite {
 public:
  FuzzedSite() {
    char name[] = "/tmp/tusk-route-fuzz-XXXXXX";
    TUSK_CHECK(::mkdtemp(name) != nullptr);
    top_ = name;
    for (const char* const file : {"root/a.txt", "root/dir/b.txt", "root/dir/index.html",
                                   "root/.well-known/x", "root/dir.php/c.txt", "root/page.html"}) {
      write(file, "public.");
    }
    for (const char* const file :
         {"secret.txt", "root/.env", "root/dir/.git/config", "root/x.php~", "root/old.bak",
          "root/dir/dump.SQL", "root/lib.inc", "root/a.php.txt", "root/private/p.txt",
          "root/index.php", "root/a.php", "root/dir/index.php", "root/up/evil.php",
          "root/private/run.php"}) {
      write(file, "not to be sent");
    }
    for (unsigned mode = 0; mode < kModes; ++mode) routers_[mode] = make(mode);
  }
  ~FuzzedSite() {
    std::error_code ignored;
    fs::remove_all(top_, ignored);
  }

  static constexpr unsigned kModes = 6;
  DocumentRouter& router(unsigned mode) { return *routers_[mode % kModes]; }
  std::string root() const { return (top_ / "root").string(); }

 private:
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name) << text;
  }

  std::unique_ptr<DocumentRouter> make(unsigned mode) const {
    RouteSettings settings{.static_only = {"/up"}, .denied_files = {"*.bak", "*.sql", "/private"}};
    if (mode == 1) settings.fallback = "/index.php";
    if (mode == 2) settings.index_file = "index.php";
    if (mode == 3) settings.index_file = "page.html";
    if (mode == 4) settings.run_scripts = {"/a.php", "/index.php"};
    if (mode == 5) {
      settings.fallback = "/page.html";
      settings.rules = {{.regex = "^/r/(.*)$", .rewrite = "/$1"},
                        {.regex = "^/(.*)/m/(.*)$", .missing = true, .rewrite = "/$2/../$1?x=$2"}};
    }
    auto root = tusk::files::CurrentRoot::open(root_of());
    auto routes = SiteRoutes::compile(settings);
    TUSK_CHECK(root && routes);
    return std::make_unique<DocumentRouter>(
        tusk::site::Site{.root = std::move(*root),
                         .routes = std::make_shared<const SiteRoutes>(std::move(*routes)),
                         .error_pages = ErrorPages()},
        *files_);
  }
  std::string root_of() const { return root(); }

  fs::path top_;
  std::unique_ptr<tusk::files::FileCache> files_ = std::make_unique<tusk::files::FileCache>(
      tusk::files::FileCache::Limits{.entries = 0}, tusk::files::FileLoader({}));
  std::unique_ptr<DocumentRouter> routers_[kModes];
};

void check(const Route& route, unsigned mode) {
  if (route.kind == Route::Kind::kScript) {
    const std::string& script = route.script_name;
    TUSK_CHECK(script == "/index.php" || script == "/a.php" || script == "/dir/index.php");
    TUSK_CHECK(route.path_info.empty() || route.path_info.starts_with('/'));
    if (mode == 2) TUSK_CHECK(script == "/index.php");
    if (mode == 3) TUSK_CHECK(false);
    if (mode == 4) TUSK_CHECK(script != "/dir/index.php");
    return;
  }
  if (route.kind == Route::Kind::kError) {
    TUSK_CHECK(route.error_status >= 400 && route.error_status < 500);
    return;
  }
  const int status = route.response.head.status;
  if (status == 200) {
    TUSK_CHECK(route.response.framing.content_length == kPublicBytes);
  } else if (status == 301) {
    const std::string_view location = route.response.head.find("Location");
    TUSK_CHECK(location.starts_with('/') && !location.starts_with("//"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FuzzedSite site;
  if (size == 0) return 0;
  const unsigned mode = data[0] % FuzzedSite::kModes;
  std::string target(reinterpret_cast<const char*>(data + 1), size - 1);
  if (!target.starts_with('/')) target.insert(0, "/");
  const auto split = tusk::http::split_target(target, "GET");
  if (!split || !tusk::http::is_target(target)) return 0;
  tusk::http::RequestHead head;
  head.method = head.append("GET");
  head.target = head.append(target);
  head.path = head.append(split->path);
  head.query = head.append(split->query);
  head.has_query = split->has_query;
  const tusk::http::RequestOrigin origin;
  check(site.router(mode).route({.head = head, .origin = origin}), mode);
  return 0;
}
