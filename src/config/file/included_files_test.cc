#include "config/file/included_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::config::file {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct IncludedFiles : testing::Test {
  std::vector<std::string> names(const ConfigurationFiles& all) {
    std::vector<std::string> found;
    for (const ConfigurationFile& file : all.files)
      found.push_back(file.path.substr(directory.path().size() + 1));
    return found;
  }
  std::vector<std::string> errors(const ConfigurationFiles& all) {
    std::vector<std::string> found;
    for (const ConfigurationFile& file : all.files) {
      for (const Problem& problem : file.content.errors) found.push_back(problem.message);
    }
    return found;
  }

  base::TestDirectory directory;
};

TEST_F(IncludedFiles, AreReadInOrderOfTheirNames) {
  const std::string main =
      directory.write("tusk.toml", "include = [\"conf.d/*.toml\", \"z.toml\"]\n");
  directory.write("conf.d/20-b.toml", "php_workers = 3\n");
  directory.write("conf.d/10-a.toml", "php_workers = 2\n");
  directory.write("conf.d/README", "no configuration");
  directory.write("z.toml", "");
  const ConfigurationFiles all = read_files(main);
  EXPECT_THAT(names(all),
              ElementsAre("tusk.toml", "conf.d/10-a.toml", "conf.d/20-b.toml", "z.toml"));
  EXPECT_THAT(errors(all), IsEmpty());
}

TEST_F(IncludedFiles, OneTextHasAllOfThem) {
  const std::string main =
      directory.write("tusk.toml", "include = \"conf.d/*.toml\"\nlisten = \":1\"\n");
  directory.write("conf.d/a.toml", "php_workers = 2\n");
  directory.write("conf.d/empty.toml", "");
  const ConfigurationFiles read = read_files(main);
  const ConfigurationFiles parsed = parse_files(read.text, main);
  EXPECT_EQ(names(parsed), names(read));
  EXPECT_EQ(parsed.text, read.text);
  EXPECT_EQ(parsed.files[1].content.assignments.front().origin.where,
            directory.path("conf.d/a.toml:1"));
}

TEST_F(IncludedFiles, AFileAloneIsItsOwnText) {
  const std::string main = directory.write("tusk.toml", "listen = \":1\"\n");
  EXPECT_EQ(read_files(main).text, "listen = \":1\"\n");
  EXPECT_THAT(names(parse_files("listen = \":1\"\n", main)), ElementsAre("tusk.toml"));
}

TEST_F(IncludedFiles, MayBeNoneIfThereIsAPattern) {
  const std::string main = directory.write("tusk.toml", "include = [\"conf.d/*.toml\"]\n");
  EXPECT_THAT(errors(read_files(main)), IsEmpty());
  directory.write("tusk.toml", "include = [\"other.toml\"]\n");
  EXPECT_THAT(errors(read_files(main)), ElementsAre(HasSubstr("there is no " + directory.path())));
}

TEST_F(IncludedFiles, IncludeNoOther) {
  const std::string main = directory.write("tusk.toml", "include = [\"a.toml\"]\n");
  directory.write("a.toml", "include = [\"tusk.toml\"]\n");
  EXPECT_THAT(errors(read_files(main)), ElementsAre(HasSubstr("a.toml: include belongs to the")));
}

TEST_F(IncludedFiles, AreNamedByTexts) {
  const std::string main = directory.write("tusk.toml", "include = [3]\n");
  EXPECT_THAT(errors(read_files(main)), ElementsAre(HasSubstr("include must be")));
}

}  // namespace
}  // namespace tusk::config::file
