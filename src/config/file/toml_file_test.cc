#include "config/file/toml_file.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/option_table.h"

namespace tusk::config::file {
namespace {

using Strings = std::vector<std::string>;

struct Seen {
  std::string name;
  Strings texts;
  std::string where;

  bool operator==(const Seen&) const = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.name << " @" << seen.where << " =";
  for (const std::string& text : seen.texts) *out << " <" << text << ">";
}

std::vector<Seen> seen(std::string_view text) {
  const FileContent content = parse_toml(text, "t.toml");
  EXPECT_TRUE(content.errors.empty()) << content.errors[0].message;
  std::vector<Seen> result;
  for (const Assignment& assignment : content.assignments) {
    EXPECT_EQ(assignment.origin.kind, Origin::Kind::kFile);
    result.push_back(
        {std::string(assignment.option->name), assignment.texts, assignment.origin.where});
  }
  return result;
}

Strings errors(std::string_view text) {
  Strings messages;
  for (const Problem& problem : parse_toml(text, "t.toml").errors) {
    EXPECT_TRUE(problem.wrong_use);
    messages.push_back(problem.message);
  }
  return messages;
}

TEST(TomlFile, EveryTypeBecomesTheTextOfAFlag) {
  EXPECT_EQ(seen("php_workers = 4"), (std::vector<Seen>{{"php_workers", {"4"}, "t.toml:1"}}));
  EXPECT_EQ(seen("php_workers = '4'"), (std::vector<Seen>{{"php_workers", {"4"}, "t.toml:1"}}));
  EXPECT_EQ(seen("\n\naccess_log = true"),
            (std::vector<Seen>{{"access_log", {"true"}, "t.toml:3"}}));
  EXPECT_EQ(seen("idle_timeout = 0.5"), (std::vector<Seen>{{"idle_timeout", {"0.5"}, "t.toml:1"}}));
  EXPECT_EQ(seen("fallback = ''"), (std::vector<Seen>{{"fallback", {""}, "t.toml:1"}}));
  EXPECT_EQ(seen(""), std::vector<Seen>{});
}

TEST(TomlFile, AListMayBeOneValue) {
  EXPECT_EQ(seen("listen = ':80'"), (std::vector<Seen>{{"listen", {":80"}, "t.toml:1"}}));
  EXPECT_EQ(seen("listen = [\n ':80',\n 'unix:/a,b',\n]"),
            (std::vector<Seen>{{"listen", {":80", "unix:/a,b"}, "t.toml:1"}}));
  EXPECT_EQ(seen("listen = []"), (std::vector<Seen>{{"listen", {}, "t.toml:1"}}));
}

TEST(TomlFile, DirectivesMayHaveDots) {
  EXPECT_EQ(seen("[php]\nmemory_limit = '1G'\nopcache.enable = true\n'opcache.jit' = 0\n"
                 "[php.session]\nname = 'x=y'\n"),
            (std::vector<Seen>{{"php", {"memory_limit=1G"}, "t.toml:2"},
                               {"php", {"opcache.enable=1"}, "t.toml:3"},
                               {"php", {"opcache.jit=0"}, "t.toml:4"},
                               {"php", {"session.name=x=y"}, "t.toml:6"}}));
}

TEST(TomlFile, ADirectiveMayBeAList) {
  EXPECT_EQ(seen("[php]\nzend_extension = 'x'\nextension = ['b', 'a']\n"),
            (std::vector<Seen>{{"php", {"zend_extension=x"}, "t.toml:2"},
                               {"php", {"extension=b"}, "t.toml:3"},
                               {"php", {"extension=a"}, "t.toml:3"}}));
}

TEST(TomlFile, TheFlagsNameIsAnAliasOfTheKey) {
  for (const Option& option : option_table()) {
    if (option.type == Type::kDirectives || !option.in_file) continue;
    EXPECT_EQ(find_by_key(option.name), &option) << option.name;
    EXPECT_EQ(find_by_key(option.flag), &option) << option.flag;
  }
  EXPECT_EQ(seen("workers = 4\ndrain-timeout = '10s'\nroot = 'public'\n"),
            (std::vector<Seen>{{"php_workers", {"4"}, "t.toml:1"},
                               {"drain_timeout", {"10s"}, "t.toml:2"},
                               {"document_root", {"public"}, "t.toml:3"}}));
  const FileContent content = parse_toml("workers = 4\nlog_level = 'off'\n", "t.toml");
  ASSERT_EQ(content.assignments.size(), 2U);
  EXPECT_EQ(to_string(content.assignments[0].origin), "file t.toml:1, as workers");
  EXPECT_EQ(prefix(option_named("php_workers"), content.assignments[0].origin),
            "t.toml:1: workers: ");
  EXPECT_EQ(to_string(content.assignments[1].origin), "file t.toml:2");
  EXPECT_EQ(errors("define = ['a=b']"),
            Strings{"t.toml:1: unknown key 'define'; did you mean php?"});
  EXPECT_EQ(errors("workers = [1]"), Strings{"t.toml:1: workers takes one value, not a list"});
  EXPECT_EQ(errors("[php]\nworkers = 1"),
            Strings{"t.toml:2: workers is an option of tusk: write it above [php]"});
}

TEST(TomlFile, TwoNamesOfOneOptionAreAMistake) {
  EXPECT_EQ(errors("php_workers = 4\n\nworkers = 5\n"),
            Strings{"t.toml:3: workers and php_workers (line 1) are two names of one option: keep "
                    "one"});
  EXPECT_EQ(errors("workers = 4\nphp-workers = 5\n"),
            Strings{"t.toml:2: php-workers and workers (line 1) are two names of one option: keep "
                    "one"});
}

TEST(TomlFile, MistakesHaveTheirLine) {
  EXPECT_EQ(errors("# x\nworker = 4\n"),
            Strings{"t.toml:2: unknown key 'worker'; did you mean php_workers?"});
  EXPECT_EQ(errors("[server]\nlisten = ':80'\n"),
            Strings{"t.toml:1: unknown key 'server'; there are no sections: write the keys above "
                    "[php]"});
  EXPECT_EQ(
      errors("[sitemap]\nlisten = ':80'\n"),
      Strings{
          "t.toml:1: unknown key 'sitemap'; the only tables are [php], [[listen]], [[rules]] and "
          "[[pool]]"});
  EXPECT_EQ(errors("memory_limit = '1G'"),
            Strings{"t.toml:1: unknown key 'memory_limit'; that is php.ini's: write it below "
                    "[php]"});
  EXPECT_EQ(errors("config_file = 'x'"),
            Strings{"t.toml:1: config_file cannot be set in the file"});
  EXPECT_EQ(errors("php_workers = [4]"),
            Strings{"t.toml:1: php_workers takes one value, not a list"});
  EXPECT_EQ(errors("php_workers = 2020-01-01"),
            Strings{"t.toml:1: php_workers must be text, a number or true or false"});
  EXPECT_EQ(errors("php_workers.x = 1"),
            Strings{"t.toml:1: php_workers must be text, a number or true or false"});
  EXPECT_EQ(errors("listen = [':80',\n['x']]"),
            Strings{"t.toml:2: listen must be text, a number or true or false"});
  EXPECT_EQ(errors("php = 'a=b'"),
            Strings{"t.toml:1: php must be a table: [php], then name = value"});
  EXPECT_EQ(errors("[php]\nx = [[1]]"),
            Strings{"t.toml:2: x must be text, a number or true or false"});
}

TEST(TomlFile, MistakesAreInTheOrderOfTheirLines) {
  EXPECT_EQ(errors("zzz = 1\nyyyy = 2\n"),
            (Strings{"t.toml:1: unknown key 'zzz'; docs/configuration.md lists all keys",
                     "t.toml:2: unknown key 'yyyy'; docs/configuration.md lists all keys"}));
}

TEST(TomlFile, AnOptionBelowPhpIsNoDirective) {
  EXPECT_EQ(errors("[php]\nmemory_limit = '1G'\nphp_workers = 4\n"),
            Strings{"t.toml:3: php_workers is an option of tusk: write it above [php]"});
}

TEST(TomlFile, SyntaxErrorsHaveTheirLine) {
  const Strings messages = errors("php_workers = 4\nlisten = [':80'\nx = 1\n");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].starts_with("t.toml:2: ")) << messages[0];
  EXPECT_EQ(messages[0].find('\n'), std::string::npos);
  EXPECT_EQ(errors("a = 1\na = 2\n").size(), 1U);
  EXPECT_EQ(errors("\xff\xfe").size(), 1U);
}

TEST(TomlFile, IsReadFromDisk) {
  const base::TestDirectory directory;
  const std::string path = directory.write("tusk.toml", "php_workers = 4\n");
  const FileContent content = read_toml_file(path);
  ASSERT_TRUE(content.errors.empty());
  ASSERT_EQ(content.assignments.size(), 1U);
  EXPECT_EQ(to_string(content.assignments[0].origin), "file " + path + ":1");
}

TEST(TomlFile, WhatCannotBeReadIsNotWrongUse) {
  const base::TestDirectory directory;
  const auto message = [](const std::string& path) {
    const FileContent content = read_toml_file(path);
    EXPECT_EQ(content.errors.size(), 1U);
    EXPECT_TRUE(content.errors[0].wrong_use);
    return content.errors[0].message;
  };
  EXPECT_EQ(message(directory.path() + "/none.toml"),
            "cannot open " + directory.path() + "/none.toml: No such file or directory");
  EXPECT_EQ(message(directory.path()),
            directory.path() + " is a directory, not a configuration file");
  const std::string large = directory.write("large.toml", std::string(2 << 20, '\n'));
  EXPECT_EQ(message(large), large + " is larger than 1 MiB: not a configuration file");
}

}  // namespace
}  // namespace tusk::config::file
