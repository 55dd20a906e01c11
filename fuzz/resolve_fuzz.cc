// From a request's path to an open file: for any path, only files that may be sent are opened,
// under each policy for symbolic links.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include <stdlib.h>

#include "base/check.h"
#include "files/document_root.h"
#include "files/file_cache.h"
#include "files/script_path.h"
#include "http/path.h"

namespace {

namespace files = tusk::files;
namespace fs = std::filesystem;

// A root with a secret beside it, and with files that must not be sent in it.
class Tree {
 public:
  Tree() {
    std::string pattern = (fs::temp_directory_path() / "tusk-fuzz-XXXXXX").string();
    TUSK_CHECK(::mkdtemp(pattern.data()) != nullptr);
    top_ = fs::canonical(pattern);
    for (const char* name :
         {"secret", "root/a", "root/dir/b", "root/.well-known/c", "root/.env", "root/.git/config",
          "root/s.php", "root/s.php~", "root/dir/t.php", "root/up%2e", "root/b\\c", "root/..."}) {
      fs::create_directories((top_ / name).parent_path());
      std::ofstream(top_ / name) << name;
    }
    fs::create_symlink("a", top_ / "root/in");
    fs::create_symlink("../dir/b", top_ / "root/dir/up");
    fs::create_symlink("../secret", top_ / "root/out");
    fs::create_symlink("..", top_ / "root/dir/parent");
    fs::create_symlink("/proc/self/root", top_ / "root/proc");
  }
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(top_, ignored);
  }

  files::DocumentRoot open(files::SymbolicLinks links) const {
    auto root = files::DocumentRoot::open((top_ / "root").string(), links);
    TUSK_CHECK(root.has_value());
    return std::move(*root);
  }

  // Where an open file is, relative to the top.
  std::string place(int fd) const {
    const std::string name = fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
    return name.starts_with(top_.string() + "/") ? name.substr(top_.string().size() + 1) : name;
  }

 private:
  fs::path top_;
};

const std::set<std::string> kPublic = {"root/a", "root/dir/b", "root/.well-known/c", "root/up%2e",
                                       "root/b\\c"};

struct Policy {
  files::SymbolicLinks links;
  files::DocumentRoot root;
};

void check_policy(const Tree& tree, const Policy& policy, std::string_view path, bool decoded) {
  const files::FoundFile file = policy.root.open_file(path);
  const files::FoundFile seen = policy.root.find(path);
  if (file.outcome == files::LookupOutcome::kFile) {
    TUSK_CHECK(seen.outcome == files::LookupOutcome::kFile);
    const std::string place = tree.place(file.fd.get());
    const bool by_link = policy.links == files::SymbolicLinks::kFollow && place == "secret";
    TUSK_CHECK(kPublic.contains(place) || by_link);
    if (by_link) TUSK_CHECK(path.find("out") != std::string_view::npos);
    if (decoded && policy.links == files::SymbolicLinks::kRefuse)
      TUSK_CHECK("root" + std::string(path) == place);
  }
  if (policy.links != files::SymbolicLinks::kFollow) {
    TUSK_CHECK(path.find("/proc/") == std::string_view::npos ||
               seen.outcome == files::LookupOutcome::kNotFound);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Tree tree;
  static const std::array<Policy, 3> policies = {
      Policy{files::SymbolicLinks::kFollow, tree.open(files::SymbolicLinks::kFollow)},
      Policy{files::SymbolicLinks::kBeneath, tree.open(files::SymbolicLinks::kBeneath)},
      Policy{files::SymbolicLinks::kRefuse, tree.open(files::SymbolicLinks::kRefuse)}};
  static files::FileCache cache({.entries = 16}, files::FileLoader({}));

  const std::string raw = "/" + std::string(reinterpret_cast<const char*>(data), size);
  std::string path;
  const bool decoded = tusk::http::decode_path(raw, path).error == tusk::http::PathError::kNone;
  // The gate must also hold for a caller that forgot to decode.
  for (const Policy& policy : policies) {
    check_policy(tree, policy, raw, false);
    if (decoded) check_policy(tree, policy, path, true);
  }
  if (!decoded) return 0;
  const files::DocumentRoot& root = policies[0].root;
  TUSK_CHECK((cache.open(root, path).outcome == files::LookupOutcome::kFile) ==
             (root.open_file(path).outcome == files::LookupOutcome::kFile));
  if (const files::ScriptPath script = files::split_script_path(cache, root, path);
      script.outcome == files::LookupOutcome::kFile) {
    TUSK_CHECK(script.script.ends_with(".php"));
    TUSK_CHECK(!tusk::http::has_hidden_segment(script.script));
    TUSK_CHECK(std::string(script.script) + std::string(script.path_info) == path);
  }
  return 0;
}
