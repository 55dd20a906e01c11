#include "config/file/toml_pools.h"

#include <gtest/gtest.h>

#include "config/file/toml_file.h"

namespace tusk::config::file {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> errors(std::string_view text) {
  std::vector<std::string> messages;
  for (const Problem& problem : parse_toml(text, "/etc/t.toml").errors)
    messages.push_back(problem.message);
  return messages;
}

// The only error of a pool that is right but for these keys, which begin at line 4.
std::string error(const std::string& keys) {
  const auto found = errors("[[pool]]\nname = \"a\"\nmatch = \"/a\"\n" + keys);
  EXPECT_LE(found.size(), 1U) << found[1];
  return found.empty() ? "" : found[0];
}

TEST(TomlPools, EveryKeyIsRead) {
  const FileContent content = parse_toml(R"(php_workers = 8

[[pool]]
name = "export"
match = ["/export/*", "/report/**"]
workers = 2
queue = 10
queue_timeout = "2m"
request_timeout = "30m"
max_requests = 500
max_memory = "64M"
env = { APP_MODE = "slow", LEVEL = 3, DEBUG = false }

[pool.php]
memory_limit = "1G"
display_errors = false
session.name = "X"

[[pool]]
name = "app"
script = "public/index.php"
min = 2
max = 8
cooling = "30s"
match = "/**"
)",
                                         "/etc/t.toml");
  ASSERT_TRUE(content.errors.empty()) << content.errors[0].message;
  ASSERT_EQ(content.pools.size(), 2U);
  const Pool expected{
      .where = "/etc/t.toml:3",
      .name = "export",
      .match = {"/export/*", "/report/**"},
      .workers = 2,
      .queue = 10,
      .queue_timeout = milliseconds(120'000),
      .request_timeout = milliseconds(1'800'000),
      .max_requests = 500,
      .max_memory = 64 * 1024 * 1024,
      .environment = {{"APP_MODE", "slow"}, {"DEBUG", "false"}, {"LEVEL", "3"}},
      .directives = {{"display_errors", "0"}, {"memory_limit", "1G"}, {"session.name", "X"}}};
  EXPECT_EQ(content.pools[0], expected);
  EXPECT_EQ(content.pools[1].script, "/etc/public/index.php") << "beside the file";
  EXPECT_EQ(content.pools[1].min, 2U);
  EXPECT_EQ(content.pools[1].max, 8U);
  EXPECT_EQ(content.pools[1].cooling, milliseconds(30'000));
}

TEST(TomlPools, MistakesHaveTheirLines) {
  EXPECT_EQ(error("worker = 3"),
            "/etc/t.toml:4: unknown key 'worker' in a pool; did you mean workers?");
  EXPECT_EQ(error("php_workers = 3"),
            "/etc/t.toml:4: unknown key 'php_workers' in a pool; did you mean workers?");
  EXPECT_EQ(error("\nqueue = [1]"), "/etc/t.toml:5: a pool's queue must be one value");
  EXPECT_EQ(error("workers = 5000"),
            "/etc/t.toml:4: a pool's workers: '5000' is out of range: from 0 to 4096");
  EXPECT_EQ(error("queue_timeout = \"x\""),
            "/etc/t.toml:4: a pool's queue_timeout: 'x' is not a duration (seconds, or like 500ms, "
            "30s, 5m, 1h30m, 7d, 2w)");
  EXPECT_EQ(error("script = 3"), "/etc/t.toml:4: a pool's script must be text, and not empty");
  EXPECT_EQ(error("script = \"a\\u0000b\""),
            "/etc/t.toml:4: a pool's script contains a control character");
  EXPECT_EQ(error("max = 2\ncooling = 0"),
            "/etc/t.toml:5: a pool's cooling: '0' is out of range: from 1s to 24h");
  EXPECT_EQ(errors("pool = 3"),
            std::vector<std::string>{
                "/etc/t.toml:1: pools are written as [[pool]], each with its keys below it"});
  EXPECT_EQ(errors("[pool.export]\nworkers = 2").size(), 1U);
  EXPECT_EQ(errors("[[pools]]\nname = \"a\""),
            std::vector<std::string>{"/etc/t.toml:1: unknown key 'pools'; did you mean [[pool]]?"});
}

TEST(TomlPools, NamesAndMatches) {
  EXPECT_EQ(errors("[[pool]]\nmatch = \"/a\""),
            std::vector<std::string>{"/etc/t.toml:1: a pool must have a name"});
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nworkers = 1"),
            std::vector<std::string>{
                "/etc/t.toml:1: the pool 'a' needs a script, match or both: nothing says which "
                "requests are its own"});
  EXPECT_EQ(errors("[[pool]]\nname = \"default\"\nmatch = \"/a\""),
            std::vector<std::string>{
                "/etc/t.toml:2: the pool 'default' is always there: its options are php_workers, "
                "queue_capacity and so on"});
  EXPECT_EQ(errors("[[pool]]\nname = \"a b\"\nmatch = \"/a\"").size(), 1U);
  EXPECT_EQ(errors("[[pool]]\nname = \"" + std::string(33, 'a') + "\"\nmatch = \"/a\"").size(), 1U);
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nmatch = \"export/*\""),
            std::vector<std::string>{
                "/etc/t.toml:3: 'export/*' in a pool's match must begin with a slash: /export/*"});
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nmatch = []"),
            std::vector<std::string>{"/etc/t.toml:3: a pool's match must not be empty"});
}

TEST(TomlPools, WarmUp) {
  const auto warm_up = [](const std::string& value) {
    return parse_toml("[[pool]]\nname = \"a\"\nscript = \"a.php\"\nwarm_up = " + value,
                      "/etc/t.toml")
        .pools[0]
        .warm_up;
  };
  EXPECT_EQ(warm_up("\"/up\""), std::vector<std::string>{"/up"});
  EXPECT_EQ(warm_up("[\"/a\", \"/b\"]"), (std::vector<std::string>{"/a", "/b"}));
  EXPECT_NE(error("warm_up = 1").find("must be text"), std::string::npos);
  EXPECT_NE(error("warm_up = \"/up\"").find("without a script"), std::string::npos);
}

TEST(TomlPools, Mode) {
  const auto mode = [](const std::string& value) {
    return parse_toml("[[pool]]\nname = \"a\"\nscript = \"a.php\"\n" + value, "/etc/t.toml")
        .pools[0]
        .mode;
  };
  EXPECT_EQ(mode(""), ScriptMode::kResident);
  EXPECT_EQ(mode("mode = \"resident\""), ScriptMode::kResident);
  EXPECT_EQ(mode("mode = \"rewind\""), ScriptMode::kRewind);
  EXPECT_NE(error("mode = \"rewound\"").find("a pool's mode: "), std::string::npos);
  EXPECT_NE(error("mode = \"rewind\"").find("without a script"), std::string::npos);
  EXPECT_NE(error("boot = \"a.php\"").find("script"), std::string::npos);
}

TEST(TomlPools, NumbersOfWorkers) {
  const std::string pool = "/etc/t.toml:1: the pool 'a' ";
  EXPECT_EQ(error("max = 3"), "");
  EXPECT_EQ(error("workers = 2\nmax = 3"),
            pool + "has workers, which is a fixed number, and min or max");
  EXPECT_EQ(error("min = 2"), pool + "has min without max; for a fixed number write workers");
  EXPECT_EQ(error("min = 3\nmax = 2"), pool + "has a larger min than max");
  EXPECT_EQ(error("min = 0\nmax = 2"), pool + "needs a worker at least: min and max begin at 1");
  EXPECT_EQ(error("max = 0"), pool + "needs a worker at least: min and max begin at 1");
  EXPECT_EQ(error("cooling = 5"), pool + "has cooling without max: only workers beyond min end");
}

TEST(TomlPools, VariablesAreNotQuoted) {
  EXPECT_EQ(error("env = { \"A=B\" = \"hidden\" }"),
            "/etc/t.toml:4: a pool's env has a name that is empty or contains = or a control "
            "character");
  EXPECT_EQ(error("env = { A = [\"hidden\"] }"),
            "/etc/t.toml:4: the variable A of a pool must be text, a number or true or false");
  EXPECT_EQ(error("env = { A = \"hidden\\u0000\" }"),
            "/etc/t.toml:4: the variable A of a pool contains a zero byte");
  EXPECT_EQ(error("env = 3"),
            "/etc/t.toml:4: a pool's env must be a table: env = { NAME = \"value\" }");
}

TEST(TomlPools, Directives) {
  EXPECT_EQ(error("php = { \"a b\" = 1 }"),
            "/etc/t.toml:4: a pool's php: 'a b' is not the name of a php.ini directive");
  EXPECT_EQ(error("php = { extension = \"gd\" }"),
            "/etc/t.toml:4: extension holds for the whole process: write it in [php]");
  EXPECT_EQ(error("php = 1"),
            "/etc/t.toml:4: a pool's php must be a table: php = { memory_limit = \"256M\" }");
}

}  // namespace
}  // namespace tusk::config::file
