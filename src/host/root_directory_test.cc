#include "host/root_directory.h"

#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "base/unique_fd.h"

namespace tusk::host {
namespace {

TEST(RootDirectory, NamesFilesFromItself) {
  const base::TestDirectory directory;
  directory.write("jail/www/index.php", "");
  std::filesystem::create_directory_symlink(directory.path("jail"), directory.path("link"));
  const RootDirectory root(directory.path("link") + "/");
  EXPECT_EQ(root.inside(directory.path("link/www/index.php")), "/www/index.php");
  EXPECT_EQ(root.inside(directory.path("jail/www/index.php")), "/www/index.php");
  EXPECT_EQ(root.inside(directory.path("jail")), "/");
  EXPECT_EQ(root.inside(directory.path("jailed/x")), directory.path("jailed/x"));
  EXPECT_EQ(root.inside("/etc/passwd"), "/etc/passwd");
  EXPECT_EQ(root.inside(""), "");
}

TEST(RootDirectory, ChangesJobsAndScripts) {
  const RootDirectory root("/srv/jail");
  exec::Job job;
  job.document_root = job.store("/srv/jail/www");
  job.script_filename = job.store("/srv/jail/www/a/index.php");
  root.translate(job);
  EXPECT_EQ(job.view(job.document_root), "/www");
  EXPECT_EQ(job.view(job.script_filename), "/www/a/index.php");
  job.document_root = job.store("/srv/jail");
  root.translate(job);
  EXPECT_EQ(job.view(job.document_root), "/");
  exec::PoolScripts scripts;
  scripts.document_root = "/srv/jail/www";
  scripts.resident_script = "/srv/jail/app/worker.php";
  root.translate(scripts);
  EXPECT_EQ(scripts.document_root, "/www");
  EXPECT_EQ(scripts.resident_script, "/app/worker.php");
}

TEST(RootDirectory, WithoutOneNothingChanges) {
  const RootDirectory none("");
  EXPECT_FALSE(none.any());
  EXPECT_TRUE(none.enter());
  exec::Job job;
  job.document_root = job.store("/srv");
  none.translate(job);
  EXPECT_EQ(job.view(job.document_root), "/srv");
  EXPECT_EQ(none.inside("/srv"), "/srv");
}

TEST(RootDirectory, IsNotEnteredWhileADirectoryIsOpen) {
  const base::TestDirectory directory;
  const base::UniqueFd open(::open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto entered = RootDirectory(directory.path()).enter();
  ASSERT_FALSE(entered);
  EXPECT_THAT(entered.error().message, ::testing::EndsWith("it could be left: /usr"));
}

}  // namespace
}  // namespace tusk::host
