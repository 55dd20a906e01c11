#include "config/checks/pool_checks.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/effective_values.h"
#include "config/output/description.h"
#include "config/output/pool_description.h"
#include "config/test_load.h"

namespace tusk::config::checks {
namespace {

using Strings = std::vector<std::string>;

class Pools : public ::testing::Test {
 protected:
  Pools() { directory_.write("index.php", "<?php"); }

  Loaded load(const std::string& file, const Strings& args = {}) const {
    return load_file(file, args, directory_);
  }

  Strings errors(const std::string& file, const Strings& args = {}) const {
    return messages_of(load(file, args).errors);
  }

  std::string here(std::string_view name) const {
    return directory_.path() + "/" + std::string(name);
  }

  mutable base::TestDirectory directory_;
};

TEST_F(Pools, HaveTheValuesOfTheProcessByDefault) {
  const Settings settings =
      load(
          "queue_timeout = \"7s\"\nrequest_timeout = \"8s\"\nworker_max_requests = 9\n"
          "[[pool]]\nname = \"a\"\nmatch = \"/a\"\n"
          "[[pool]]\nname = \"b\"\nmatch = \"/b\"\nmax = 3\nmax_requests = 0\nqueue = 5\n")
          .settings;
  ASSERT_EQ(settings.pools.size(), 2U);
  const Pool& a = settings.pools[0];
  EXPECT_EQ(a.min, 4U);
  EXPECT_EQ(a.max, 4U);
  EXPECT_EQ(a.queue, 400U);
  EXPECT_EQ(a.queue_timeout, std::chrono::seconds(7));
  EXPECT_EQ(a.request_timeout, std::chrono::seconds(8));
  EXPECT_EQ(a.max_requests, 9U);
  EXPECT_EQ(a.max_memory, 0U);
  const Pool& b = settings.pools[1];
  EXPECT_EQ(b.min, 1U);
  EXPECT_EQ(b.max, 3U);
  EXPECT_EQ(b.queue, 5U);
  EXPECT_EQ(b.max_requests, 0U);
  EXPECT_EQ(b.cooling, std::chrono::seconds(60));
  EXPECT_EQ(all_workers(settings), 11U);
  EXPECT_EQ(load("queue_capacity = 7\n[[pool]]\nname = \"a\"\nmatch = \"/a\"\nworkers = 1")
                .settings.pools[0]
                .queue,
            7U);
}

TEST_F(Pools, TheOptionMakesThePoolResident) {
  const Loaded loaded = load("", {"--resident=index.php", "--resident-workers=3"});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.warnings, Strings());
  ASSERT_EQ(loaded.settings.pools.size(), 1U);
  const Pool& pool = loaded.settings.pools[0];
  EXPECT_EQ(pool.name, "resident");
  EXPECT_EQ(pool.where, "--resident");
  EXPECT_EQ(pool.script, here("index.php"));
  EXPECT_EQ(script_name(pool, loaded.settings.document_root), "/index.php");
  EXPECT_EQ(pool.max, 3U);
  EXPECT_EQ(load("", {"--resident=index.php"}).settings.pools[0].max, 4U);
  EXPECT_EQ(errors("[[pool]]\nname = \"resident\"\nmatch = \"/a\"", {"--resident=index.php"}),
            Strings{"--resident: makes a pool with the name 'resident', which " + here("t.toml") +
                    ":1 has too"});
  EXPECT_EQ(load("", {"--resident-workers=3"}).warnings,
            Strings{"--resident-workers: has no effect without resident"});
  EXPECT_EQ(load("", {"--resident-doctor"}).warnings,
            Strings{"--resident-doctor: has no effect without a resident script"});
  EXPECT_EQ(load("", {"--resident=index.php", "--resident-doctor"}).warnings,
            Strings{"--resident-doctor: is for development: it makes each request of a resident "
                    "script slow"});
}

TEST_F(Pools, EachHasItsEngine) {
  const auto pool = [&](const std::string& text, const Strings& flags = {}) {
    const Loaded loaded = load(text, flags);
    EXPECT_TRUE(loaded.errors.empty());
    return loaded.settings.pools.at(0);
  };
  const std::string begin = "[[pool]]\nname = \"a\"\nmatch = \"/a\"\n";
  EXPECT_EQ(pool("engine = \"threads\"\n" + begin).engine, WorkerKind::kThreads);
  EXPECT_EQ(pool("engine = \"processes\"\n" + begin).engine, WorkerKind::kProcesses);
  EXPECT_EQ(pool("engine = \"threads\"\n" + begin + "engine = \"processes\"").engine,
            WorkerKind::kProcesses);
  EXPECT_EQ(pool("engine = \"processes\"\n" + begin + "engine = \"threads\"").engine,
            WorkerKind::kThreads);
  // A host of its own, or the process's.
  const Pool hosted = pool("engine = \"threads\"\n" + begin + "php_host = \"/opt/host\"");
  EXPECT_EQ(hosted.engine, WorkerKind::kProcesses);
  EXPECT_EQ(hosted.php_host, "/opt/host");
  EXPECT_EQ(pool("php_host = \"/opt/other\"\nengine = \"processes\"\n" + begin).php_host,
            "/opt/other");
  EXPECT_EQ(errors(begin + "engine = \"threads\"\nphp_host = \"/opt/host\""),
            Strings{here("t.toml:1: the pool 'a' has php_host, which needs engine = "
                         "\"processes\"")});
}

// The memory of threads cannot be put back, so its workers are processes.
TEST_F(Pools, RewindHasProcesses) {
  const Strings rewind{"--resident=index.php", "--resident-mode=rewind"};
  const Pool pool = load("engine = \"threads\"", rewind).settings.pools.at(0);
  EXPECT_EQ(pool.mode, ScriptMode::kRewind);
  EXPECT_EQ(pool.engine, WorkerKind::kProcesses);
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nscript = \"index.php\"\nmode = \"rewind\"\n"
                   "engine = \"threads\""),
            Strings{here("t.toml:1: the pool 'a' has mode = \"rewind\", which needs engine = "
                         "\"processes\"")});
  EXPECT_EQ(load("", {"--resident-mode=rewind"}).warnings,
            Strings{"--resident-mode: has no effect without resident"});
}

TEST_F(Pools, WarmUpIsOfPathsAndUrls) {
  const Loaded loaded = load("", {"--resident=index.php", "--resident-warm-up=/up,https://a.b/c",
                                  "--resident-warm-up=/d"});
  EXPECT_TRUE(loaded.errors.empty());
  const Strings& pages = loaded.settings.pools[0].warm_up;
  EXPECT_EQ(pages, (Strings{"/up", "https://a.b/c", "/d"}));
  EXPECT_EQ(load("", {"--resident-warm-up=/up"}).warnings,
            Strings{"--resident-warm-up: has no effect without resident"});
  EXPECT_EQ(errors("", {"--resident=index.php", "--resident-warm-up=up"}),
            Strings{"--resident: warm_up of the pool 'resident': 'up' is neither a path such as "
                    "/up nor a URL"});
}

TEST_F(Pools, NamesAreUnique) {
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nmatch = \"/a\"\n[[pool]]\nname = \"a\"\nmatch = "
                   "\"/b\"\n"),
            Strings{here("t.toml:4: the pool 'a' is there already: ") + here("t.toml:1")});
}

TEST_F(Pools, TheScriptMustBeAFile) {
  const auto with = [&](const std::string& script) {
    return load("[[pool]]\nname = \"a\"\nscript = \"" + script + "\"");
  };
  const std::string begin = here("t.toml:1: the script of the pool 'a': ");
  ASSERT_EQ(with("none.php").errors.size(), 1U);
  EXPECT_EQ(with("none.php").errors[0].message,
            begin + here("none.php") + ": No such file or directory");
  EXPECT_FALSE(with("none.php").errors[0].wrong_use);
  ASSERT_EQ(with("/").errors.size(), 1U);
  EXPECT_EQ(with("/").errors[0].message, begin + "/ is not a file");
  EXPECT_EQ(with("index.php").warnings, Strings());
  EXPECT_EQ(with("/etc/passwd").warnings,
            Strings{begin + "/etc/passwd is outside of the document root " + directory_.path() +
                    ", so no request is routed to it; [[pool]] has match for that"});
}

TEST_F(Pools, AllTogetherHaveALimit) {
  std::string many;
  for (int i = 0; i <= 32; ++i) {
    many += "[[pool]]\nname = \"p" + std::to_string(i) + "\"\nmatch = \"/a\"\nworkers = 1\n";
  }
  EXPECT_EQ(errors(many), Strings{here("t.toml:129: more than 32 pools besides the default one")});
  EXPECT_EQ(errors("[[pool]]\nname = \"a\"\nmatch = \"/a\"\nworkers = 4096\n"),
            Strings{here("t.toml:1: all pools together have 4100 workers; at most 4096 are "
                         "possible")});
}

TEST_F(Pools, AreComparedWithTheValuesOfTheirVariables) {
  const std::string pool = "[[pool]]\nname = \"a\"\nmatch = \"/a\"\nenv.KEY = ";
  const auto values = [&](const std::string& text) { return effective_values(load(text)); };
  EXPECT_EQ(difference(values(pool + "1"), values(pool + "2")).others,
            std::vector<std::string_view>{"pool"});
  EXPECT_EQ(difference(values(pool + "1"), values("\n" + pool + "1")).others,
            std::vector<std::string_view>{});
}

TEST_F(Pools, AreShownWithoutTheValuesOfTheirVariables) {
  const Loaded loaded = load(
      "[[pool]]\nname = \"a\"\nmatch = [\"/a\", \"/b\"]\nmin = 2\nmax = 8\n"
      "env = { APP_KEY = \"hidden\" }\nphp = { \"x.password\" = \"hidden\", "
      "memory_limit = \"1G\" }\n",
      {"--resident=index.php", "--workers=1"});
  const std::string json = output::to_json(loaded);
  EXPECT_EQ(json.find("hidden"), std::string::npos) << json;
  EXPECT_NE(json.find("APP_KEY"), std::string::npos);
  EXPECT_NE(json.find("\"2 pools\""), std::string::npos);
  EXPECT_EQ(output::pool_summary(loaded.settings),
            "pool default: 1 worker, queue of 100, all other scripts\n"
            "pool a: 2 to 8 workers, queue of 800, for /a /b\n"
            "pool resident: 1 worker, queue of 100, resident script " +
                here("index.php") + "\n");
  EXPECT_EQ(output::pool_summary(load("").settings), "");
  // The file that `tusk config` prints makes the same pools, but for the variables.
  const std::string text = output::to_toml(loaded);
  EXPECT_NE(text.find("# env = { \"APP_KEY\" = \"(redacted)\" }\n"), std::string::npos) << text;
  Settings again = load(text).settings;
  Settings expected = loaded.settings;
  ASSERT_EQ(again.pools.size(), 2U);
  expected.pools[0].environment.clear();
  for (std::size_t i = 0; i < 2; ++i) expected.pools[i].where = again.pools[i].where;
  EXPECT_EQ(again.pools, expected.pools);
}

}  // namespace
}  // namespace tusk::config::checks
