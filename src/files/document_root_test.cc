#include "files/document_root.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "files/temp_tree.h"

namespace tusk::files {
namespace {

std::string read_all(const FoundFile& file) {
  std::string content(file.info.size_bytes + 1, '\0');
  const ssize_t got = ::pread(file.fd.get(), content.data(), content.size(), 0);
  content.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return content;
}

TEST(DocumentRoot, MustBeADirectory) {
  const TempTree tree;
  tree.write("file");
  EXPECT_FALSE(DocumentRoot::open("relative"));
  EXPECT_FALSE(DocumentRoot::open((tree.root() / "missing").string()));
  EXPECT_FALSE(DocumentRoot::open((tree.root() / "file").string()));
  const auto missing = DocumentRoot::open("/nonexistent-root");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "document root /nonexistent-root: No such file or directory");

  const auto slashes = DocumentRoot::open(tree.root().string() + "//");
  ASSERT_TRUE(slashes);
  EXPECT_EQ(slashes->path(), tree.root().string());
  EXPECT_EQ(DocumentRoot::open("/")->path(), "");
}

TEST(DocumentRoot, OpensFiles) {
  const TempTree tree;
  tree.write("a.txt", "hello");
  tree.write("empty", "");
  tree.write("deep/er/b.css", "x");
  const DocumentRoot root = tree.open();

  const FoundFile file = root.open_file("/a.txt");
  ASSERT_EQ(file.outcome, LookupOutcome::kFile);
  EXPECT_EQ(read_all(file), "hello");
  EXPECT_EQ(file.info.size_bytes, 5U);
  EXPECT_GT(file.info.modified_ns, 1'700'000'000'000'000'000);
  EXPECT_NE(file.info.inode, 0U);
  EXPECT_TRUE(::fcntl(file.fd.get(), F_GETFD) & FD_CLOEXEC);

  EXPECT_EQ(root.open_file("/empty").outcome, LookupOutcome::kFile);
  EXPECT_EQ(read_all(root.open_file("/deep/er/b.css")), "x");
  const FoundFile found = root.find("/a.txt");
  EXPECT_EQ(found.outcome, LookupOutcome::kFile);
  EXPECT_EQ(found.info, file.info);
  EXPECT_FALSE(found.fd);
}

TEST(DocumentRoot, TellsDirectoriesFromFiles) {
  const TempTree tree;
  tree.write("dir/a.txt");
  tree.make_directory("dir.php");
  const DocumentRoot root = tree.open();
  for (const char* path : {"/", "/dir", "/dir/", "/dir.php", "/dir.php/"}) {
    const FoundFile directory = root.open_file(path);
    EXPECT_EQ(directory.outcome, LookupOutcome::kDirectory) << path;
    EXPECT_FALSE(directory.fd) << path;
  }
  for (const char* path :
       {"/a", "/dir/b", "/dir/a.txt/", "/dir/a.txt/b", "/nothing/at/all", "", "dir", "dir/a.txt"}) {
    EXPECT_EQ(root.open_file(path).outcome, LookupOutcome::kNotFound) << path;
  }
}

TEST(DocumentRoot, AcceptsEveryBytesOfNames) {
  const TempTree tree;
  const std::vector<std::string> names = {
      "with space.txt", "100%.txt", "%2e%2e",    "grüße.txt", "日本語.html",   "a\\b",
      "a;b?c#d&e=f",    "\xff\xfe", "new\nline", "quote\"'s", "...hidden-not", "-rf"};
  for (const std::string& name : names) tree.write(name, name);
  const DocumentRoot root = tree.open();
  for (const std::string& name : names) {
    const FoundFile file = root.open_file("/" + name);
    if (name.starts_with('.')) {
      EXPECT_EQ(file.outcome, LookupOutcome::kNotFound) << name;
    } else {
      ASSERT_EQ(file.outcome, LookupOutcome::kFile) << name;
      EXPECT_EQ(read_all(file), name);
    }
  }
}

TEST(DocumentRoot, FindsNeitherDotsNorNul) {
  const TempTree tree;
  tree.write("a.txt");
  tree.write("dir/a.txt");
  tree.write("../secret", "secret");
  const DocumentRoot root = tree.open();
  for (const char* path : {"/..", "/../secret", "/dir/../a.txt", "/dir/../../secret", "/./a.txt",
                           "/dir/.", "//secret", "//a.txt"}) {
    EXPECT_EQ(root.open_file(path).outcome, LookupOutcome::kNotFound) << path;
    EXPECT_EQ(root.find(path).outcome, LookupOutcome::kNotFound) << path;
  }
  EXPECT_EQ(root.open_file(std::string("/a.txt\0.jpg", 11)).outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_file(std::string("/a.txt\0", 7)).outcome, LookupOutcome::kNotFound);
}

TEST(DocumentRoot, HidesDotfiles) {
  const TempTree tree;
  for (const char* name : {".env", ".htaccess", ".git/config", "dir/.hidden/x", "dir/.env",
                           ".well-known/acme-challenge/token", ".well-known/.env",
                           "dir/.well-known/x", ".well-knownx/y"}) {
    tree.write(name);
  }
  const DocumentRoot root = tree.open();
  for (const char* path :
       {"/.env", "/.htaccess", "/.git/config", "/.git", "/.git/", "/dir/.hidden/x", "/dir/.env",
        "/.well-known/.env", "/dir/.well-known/x", "/.well-knownx/y"}) {
    EXPECT_EQ(root.open_file(path).outcome, LookupOutcome::kNotFound) << path;
    EXPECT_EQ(root.find(path).outcome, LookupOutcome::kNotFound) << path;
  }
  EXPECT_EQ(root.open_file("/.well-known/acme-challenge/token").outcome, LookupOutcome::kFile);
}

TEST(DocumentRoot, NeverOpensPhpSource) {
  const TempTree tree;
  for (const char* name : {"a.php", "A.PHP", "a.phtml", "a.php~", "a.php.bak", "a.phps", "a.inc"}) {
    tree.write(name, "<?php $password = 1;");
  }
  const DocumentRoot root = tree.open();
  for (const char* path :
       {"/a.php", "/A.PHP", "/a.phtml", "/a.php~", "/a.php.bak", "/a.phps", "/a.inc"}) {
    const FoundFile file = root.open_file(path);
    EXPECT_EQ(file.outcome, LookupOutcome::kNotFound) << path;
    EXPECT_FALSE(file.fd) << path;
  }
  EXPECT_EQ(root.find("/a.php").outcome, LookupOutcome::kFile);  // it may run
}

TEST(DocumentRoot, FollowsSymlinks) {
  const TempTree tree;
  tree.write("real.txt", "real");
  tree.write("../outside/shared.txt", "shared");
  tree.link("real.txt", "link.txt");
  tree.link("../outside", "storage");
  tree.link((tree.top() / "outside/shared.txt").string(), "absolute.txt");
  tree.link("missing", "dangling");
  tree.link("loop-b", "loop-a");
  tree.link("loop-a", "loop-b");
  const DocumentRoot root = tree.open();
  EXPECT_EQ(read_all(root.open_file("/link.txt")), "real");
  EXPECT_EQ(read_all(root.open_file("/storage/shared.txt")), "shared");
  EXPECT_EQ(read_all(root.open_file("/absolute.txt")), "shared");
  for (const char* path : {"/dangling", "/loop-a", "/loop-a/x"}) {
    EXPECT_EQ(root.open_file(path).outcome, LookupOutcome::kNotFound) << path;
  }
}

TEST(DocumentRoot, RefusesWhatIsNoFile) {
  const TempTree tree;
  ASSERT_EQ(::mkfifo((tree.root() / "fifo").c_str(), 0666), 0);
  tree.link("/dev/zero", "zero");
  tree.link("/dev/null", "null.txt");
  tree.link("/dev/stdin", "stdin");
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = (tree.root() / "socket").string();
  std::ranges::copy(socket_path, address.sun_path);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

  const DocumentRoot root = tree.open();
  for (const char* path : {"/fifo", "/zero", "/null.txt", "/socket"}) {
    EXPECT_EQ(root.open_file(path).outcome, LookupOutcome::kNotFound) << path;
    EXPECT_EQ(root.find(path).outcome, LookupOutcome::kNotFound) << path;
  }
  EXPECT_NE(root.open_file("/stdin").outcome, LookupOutcome::kDirectory);
}

TEST(DocumentRoot, DoesNotDisturbTheWriterOfAFifo) {
  const TempTree tree;
  const std::string fifo = (tree.root() / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0666), 0);
  const DocumentRoot root = tree.open();
  EXPECT_EQ(root.open_file("/fifo").outcome, LookupOutcome::kNotFound);
  // This would succeed if the FIFO had been opened for reading.
  const base::UniqueFd writer(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_FALSE(writer);
  EXPECT_EQ(errno, ENXIO);
}

TEST(DocumentRoot, RefusesMagicLinks) {
  const TempTree tree;
  tree.write("../secret.txt", "secret");
  const base::UniqueFd open_secret(
      ::open((tree.top() / "secret.txt").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(open_secret);
  tree.link("/proc/self/fd", "fds");
  const DocumentRoot root = tree.open();
  const FoundFile file = root.open_file("/fds/" + std::to_string(open_secret.get()));
  EXPECT_EQ(file.outcome, LookupOutcome::kNotFound);
}

TEST(DocumentRoot, TakesLongNamesForMissing) {
  const TempTree tree;
  const DocumentRoot root = tree.open();
  EXPECT_EQ(root.open_file("/" + std::string(255, 'a')).outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_file("/" + std::string(256, 'a')).outcome, LookupOutcome::kNotFound);
  for (const std::size_t length : {4094U, 4095U, 4096U, 4097U, 100'000U}) {
    EXPECT_EQ(root.open_file("/" + std::string(length, 'a')).outcome, LookupOutcome::kNotFound)
        << length;
  }
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "/a";
  EXPECT_EQ(root.open_file(deep).outcome, LookupOutcome::kNotFound);
}

// Drops root's rights while it lives: root may read everything.
class Unprivileged {
 public:
  Unprivileged() : before_(::geteuid()) {
    if (before_ == 0 && ::seteuid(65534) != 0) ADD_FAILURE() << "seteuid";
  }
  ~Unprivileged() { EXPECT_EQ(::seteuid(before_), 0); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  uid_t before_;
};

TEST(DocumentRoot, SaysWhenAccessIsDenied) {
  const TempTree tree;
  tree.write("readable.txt");
  tree.write("unreadable.txt");
  tree.write("closed/a.txt");
  ::chmod((tree.root() / "unreadable.txt").c_str(), 0);
  ::chmod((tree.root() / "closed").c_str(), 0);
  const DocumentRoot root = tree.open();
  {
    const Unprivileged somebody;
    EXPECT_EQ(root.open_file("/readable.txt").outcome, LookupOutcome::kFile);
    EXPECT_EQ(root.open_file("/unreadable.txt").outcome, LookupOutcome::kForbidden);
    EXPECT_EQ(root.open_file("/closed/a.txt").outcome, LookupOutcome::kForbidden);
    EXPECT_EQ(root.open_file("/closed/a.txt").error_number, EACCES);
    EXPECT_FALSE(DocumentRoot::open((tree.root() / "closed").string()));
  }
  ::chmod((tree.root() / "closed").c_str(), 0700);
}

TEST(DocumentRoot, SaysWhenDescriptorsRunOut) {
  const TempTree tree;
  tree.write("a.txt");
  const DocumentRoot root = tree.open();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const base::UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next.get()), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const FoundFile file = root.open_file("/a.txt");
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(file.outcome, LookupOutcome::kExhausted);
  EXPECT_EQ(file.error_number, EMFILE);
}

TEST(DocumentRoot, StaysOnItsDirectoryWhenThatMoves) {
  const TempTree tree;
  tree.write("a.txt", "old");
  const DocumentRoot root = tree.open();
  std::filesystem::rename(tree.root(), tree.top() / "moved");
  EXPECT_EQ(read_all(root.open_file("/a.txt")), "old");
}

TEST(DocumentRoot, SurvivesFilesThatComeAndGo) {
  const TempTree tree;
  tree.write("a.txt");
  const DocumentRoot root = tree.open();
  const std::string path = (tree.root() / "a.txt").string();
  std::jthread changing([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ::unlink(path.c_str());
      ::mkfifo(path.c_str(), 0666);
      ::unlink(path.c_str());
      ::symlink("/dev/zero", path.c_str());
      ::unlink(path.c_str());
      tree.write("a.txt");
    }
  });
  for (int i = 0; i < 5000; ++i) {
    const FoundFile file = root.open_file("/a.txt");
    if (file.outcome != LookupOutcome::kFile) continue;
    struct stat info{};
    ASSERT_EQ(::fstat(file.fd.get(), &info), 0);
    ASSERT_TRUE(S_ISREG(info.st_mode));
  }
}

class SymbolicLinksTest : public testing::Test {
 protected:
  SymbolicLinksTest() {
    tree_.write("a.txt", "inside");
    tree_.write("real/b.txt", "inside");
    tree_.write("../outside.txt", "outside");
    tree_.write("../elsewhere/c.txt", "outside");
    tree_.link("a.txt", "file");
    tree_.link("real", "dir");
    tree_.link("../a.txt", "real/up");
    tree_.link("../outside.txt", "out");
    tree_.link("../elsewhere", "outdir");
    tree_.link((tree_.root() / "a.txt").string(), "absolute");
    tree_.link("/proc/self/root", "magic");
    tree_.link("loop", "loop");
    tree_.link("nowhere", "dangling");
  }

  static bool sees(const DocumentRoot& root, std::string_view path) {  // both lookups agree
    const LookupOutcome found = root.find(path).outcome;
    EXPECT_EQ(root.open_file(path).outcome, found) << path;
    return found == LookupOutcome::kFile;
  }

  TempTree tree_;
};

TEST_F(SymbolicLinksTest, Followed) {
  const DocumentRoot root = tree_.open(SymbolicLinks::kFollow);
  for (const char* path : {"/a.txt", "/real/b.txt", "/file", "/dir/b.txt", "/real/up", "/out",
                           "/outdir/c.txt", "/absolute"}) {
    EXPECT_TRUE(sees(root, path)) << path;
  }
  EXPECT_FALSE(sees(root, "/loop"));
  EXPECT_FALSE(sees(root, "/dangling"));
}

TEST_F(SymbolicLinksTest, OnlyBeneath) {
  const DocumentRoot root = tree_.open(SymbolicLinks::kBeneath);
  for (const char* path : {"/a.txt", "/real/b.txt", "/file", "/dir/b.txt", "/real/up"}) {
    EXPECT_TRUE(sees(root, path)) << path;
  }
  for (const char* path :
       {"/out", "/outdir/c.txt", "/absolute", "/magic/etc/passwd", "/loop", "/dangling"}) {
    EXPECT_FALSE(sees(root, path)) << path;
  }
}

TEST_F(SymbolicLinksTest, Refused) {
  const DocumentRoot root = tree_.open(SymbolicLinks::kRefuse);
  EXPECT_TRUE(sees(root, "/a.txt"));
  EXPECT_TRUE(sees(root, "/real/b.txt"));
  EXPECT_EQ(root.find("/real").outcome, LookupOutcome::kDirectory);
  EXPECT_EQ(root.find("/real/").outcome, LookupOutcome::kDirectory);
  EXPECT_EQ(root.find("/").outcome, LookupOutcome::kDirectory);
  EXPECT_EQ(root.find("/a.txt/").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.find("/dir/").outcome, LookupOutcome::kNotFound);
  for (const char* path : {"/file", "/dir/b.txt", "/real/up", "/out", "/outdir/c.txt", "/absolute",
                           "/magic/etc/passwd", "/loop", "/dangling"}) {
    EXPECT_FALSE(sees(root, path)) << path;
  }
}

TEST_F(SymbolicLinksTest, TheRootItselfMayBeOne) {
  std::filesystem::create_symlink(tree_.root(), tree_.top() / "current");
  auto root = DocumentRoot::open((tree_.top() / "current").string(), SymbolicLinks::kRefuse);
  ASSERT_TRUE(root);
  EXPECT_TRUE(sees(*root, "/a.txt"));
}

TEST(DocumentRoot, OpensDirectories) {
  const TempTree tree;
  tree.write("dir/a.txt");
  tree.write(".git/config");
  const DocumentRoot root = tree.open();
  EXPECT_EQ(root.open_directory("/dir/").outcome, LookupOutcome::kDirectory);
  EXPECT_TRUE(root.open_directory("/").fd);
  EXPECT_EQ(root.open_directory("/dir/a.txt").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_directory("/.git/").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_directory("/dir/../").outcome, LookupOutcome::kNotFound);
}

TEST(DocumentRoot, TheApplicationMayNameAnything) {
  const TempTree tree;
  tree.write(".hidden/a.php", "<?php");
  tree.write("../outside.txt");
  const DocumentRoot root = tree.open(SymbolicLinks::kFollow, Audience::kApplication);
  EXPECT_EQ(root.open_file("/.hidden/a.php").outcome, LookupOutcome::kFile);
  EXPECT_EQ(root.open_file("/../outside.txt").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_file("/.hidden/../../outside.txt").outcome, LookupOutcome::kNotFound);
  EXPECT_EQ(root.open_file("/..").outcome, LookupOutcome::kNotFound);
}

}  // namespace
}  // namespace tusk::files
