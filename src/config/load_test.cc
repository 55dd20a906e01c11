#include "config/load.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/flags.h"
#include "config/option_table.h"

namespace tusk::config {
namespace {

using Strings = std::vector<std::string>;

class Load : public ::testing::Test {
 protected:
  Loaded load(const Strings& args, const Strings& environment = {}) const {
    Flags flags = parse_flags(args, {});
    EXPECT_TRUE(flags.errors.empty());
    return config::load({.flags = std::move(flags.assignments),
                         .environment = environment,
                         .working_directory = directory_.path(),
                         .machine = {.cpu_cores = 4, .open_files = 1000}});
  }

  static std::string source(const Loaded& loaded, std::string_view name) {
    return to_string(origin_of(loaded, option_named(name)));
  }

  static Strings errors(const Loaded& loaded) {
    Strings messages;
    for (const Problem& problem : loaded.errors) messages.push_back(problem.message);
    return messages;
  }

  base::TestDirectory directory_;
};

TEST_F(Load, DefaultsComeFromTheTable) {
  const Loaded loaded = load({});
  EXPECT_EQ(errors(loaded), Strings{});
  const Settings& settings = loaded.settings;
  ASSERT_EQ(settings.listen.size(), 1U);
  EXPECT_EQ(to_string(settings.listen[0]), ":8080");
  EXPECT_EQ(settings.document_root, directory_.path());
  EXPECT_EQ(settings.executor, Executor::kExt);
  EXPECT_EQ(settings.log_level, LogLevel::kInfo);
  EXPECT_EQ(settings.idle_timeout, std::chrono::seconds(60));
  EXPECT_EQ(settings.request_header_bytes, 32U * 1024);
  EXPECT_EQ(settings.service_name, "tusk");
  EXPECT_TRUE(settings.php.empty());
  for (const Option& option : option_table()) EXPECT_EQ(source(loaded, option.name), "default");
}

TEST_F(Load, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
  const std::string file =
      directory_.write("t.toml", "php_workers = 1\nqueue_capacity = 11\nservice_name = 'file'\n");
  const Loaded loaded =
      load({"--config", "t.toml", "--workers", "3"}, {"PHP_WORKERS=2", "QUEUE_CAPACITY=22"});
  EXPECT_EQ(errors(loaded), Strings{});
  EXPECT_EQ(loaded.settings.php_workers, 3U);
  EXPECT_EQ(source(loaded, "php_workers"), "flag --workers");
  EXPECT_EQ(loaded.settings.queue_capacity, 22U);
  EXPECT_EQ(source(loaded, "queue_capacity"), "environment QUEUE_CAPACITY");
  EXPECT_EQ(loaded.settings.service_name, "file");
  EXPECT_EQ(source(loaded, "service_name"), "file " + file + ":3");
  EXPECT_EQ(source(loaded, "log_level"), "default");
  EXPECT_EQ(loaded.settings.config_file, file);
}

TEST_F(Load, EveryOptionCanBeSetInEverySource) {
  for (const Option& option : option_table()) {
    std::string text(option.default_text);
    if (option.type == Type::kDirectives) text = "a=1";
    if (is_list(option.type)) text.resize(std::min(text.find(option.separator), text.size()));
    if (text.empty()) continue;
    const Loaded by_flag = load({"--" + std::string(option.flag) + "=" + text});
    EXPECT_EQ(errors(by_flag), Strings{}) << option.flag;
    EXPECT_EQ(source(by_flag, option.name), "flag --" + std::string(option.flag));
    const Loaded by_environment = load({}, {std::string(option.environment) + "=" + text});
    EXPECT_EQ(errors(by_environment), Strings{}) << option.environment;
    EXPECT_EQ(source(by_environment, option.name),
              "environment " + std::string(option.environment));
    const std::string line = option.type == Type::kDirectives
                                 ? "[php]\na = 1"
                                 : std::string(option.name) + " = '" + text + "'";
    const std::string file = directory_.write("t.toml", line);
    const Loaded by_file = load({"--config=t.toml"});
    EXPECT_EQ(errors(by_file), Strings{}) << line;
    EXPECT_TRUE(source(by_file, option.name).starts_with("file " + file)) << option.name;
  }
}

TEST_F(Load, TheFileCanBeNamedByTheEnvironment) {
  directory_.write("env.toml", "php_workers = 7");
  directory_.write("flag.toml", "php_workers = 8");
  EXPECT_EQ(load({}, {"TUSK_CONFIG=env.toml"}).settings.php_workers, 7U);
  EXPECT_EQ(load({"--config=flag.toml"}, {"TUSK_CONFIG=env.toml"}).settings.php_workers, 8U);
  EXPECT_EQ(load({"--config="}, {"TUSK_CONFIG=env.toml"}).settings.php_workers, 4U);
}

TEST_F(Load, NoFileIsLookedFor) {
  directory_.write("tusk.toml", "php_workers = 7");
  EXPECT_EQ(load({}).settings.php_workers, 4U);
}

TEST_F(Load, AFileThatCannotBeReadIsNotWrongUse) {
  const Loaded loaded = load({"--config=none.toml"});
  EXPECT_EQ(errors(loaded),
            Strings{"cannot open " + directory_.path() + "/none.toml: No such file or directory"});
  EXPECT_TRUE(loaded.errors[0].wrong_use);
}

TEST_F(Load, ARelativePathBelongsToWhereItIsWritten) {
  directory_.write("etc/t.toml", "document_root = 'public'\nlisten = 'unix:run.sock'\n");
  directory_.write("etc/public/index.php", "");
  directory_.write("here/index.php", "");
  const Loaded by_file = load({"--config=etc/t.toml"});
  EXPECT_EQ(errors(by_file), Strings{});
  EXPECT_EQ(by_file.settings.document_root, directory_.path() + "/etc/public");
  EXPECT_EQ(by_file.settings.listen[0].path, directory_.path() + "/etc/run.sock");
  EXPECT_EQ(load({"--config=etc/t.toml", "--root=here"}).settings.document_root,
            directory_.path() + "/here");
  EXPECT_EQ(load({}, {"DOCUMENT_ROOT=here"}).settings.document_root, directory_.path() + "/here");
}

TEST_F(Load, AListIsReplacedByAHigherSource) {
  directory_.write("t.toml", "listen = [':1', ':2']");
  EXPECT_EQ(load({"--config=t.toml"}).settings.listen.size(), 2U);
  const Loaded loaded = load({"--config=t.toml"}, {"LISTEN_ADDR=:3"});
  ASSERT_EQ(loaded.settings.listen.size(), 1U);
  EXPECT_EQ(loaded.settings.listen[0].port, 3);
}

TEST_F(Load, AListMustNotBeEmpty) {
  const std::string file = directory_.write("t.toml", "listen = []");
  EXPECT_EQ(errors(load({"--config=t.toml"})), Strings{file + ":1: listen: has no address"});
  EXPECT_EQ(errors(load({"--listen", " , "})), Strings{"--listen: has no address"});
}

TEST_F(Load, DirectivesAreMergedByName) {
  const std::string file = directory_.write("t.toml", "[php]\na = 1\nb = 1\nc = 1\n");
  const Loaded loaded = load({"--config=t.toml", "-dc=3", "-d", "e=3"}, {"PHP_DEFINE=b=2;c=2;d=2"});
  EXPECT_EQ(errors(loaded), Strings{});
  EXPECT_EQ(loaded.settings.php, (std::vector<PhpDirective>{
                                     {"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "2"}, {"e", "3"}}));
  Strings sources;
  for (const Origin& origin : loaded.php_origins) sources.push_back(to_string(origin));
  EXPECT_EQ(sources, (Strings{"file " + file + ":2", "environment PHP_DEFINE", "flag -d",
                              "environment PHP_DEFINE", "flag -d"}));
}

struct Choosing {
  Strings args;
  Strings environment;
  std::string file;
  Executor executor;
  std::string source;
};

TEST_F(Load, TheExecutorIsChosenInOrder) {
  const std::string in_file = "file " + directory_.path() + "/t.toml:1";
  const Choosing cases[] = {
      {{}, {}, "", Executor::kExt, "default"},
      {{}, {"EXECUTOR=stub"}, "", Executor::kStub, "environment EXECUTOR"},
      {{}, {"USE_STUB=1"}, "", Executor::kStub, "environment USE_STUB"},
      {{}, {"USE_STUB=1", "USE_EXT=1"}, "", Executor::kStub, "environment USE_STUB"},
      {{}, {"USE_EXT=1", "EXECUTOR=stub"}, "", Executor::kExt, "environment USE_EXT"},
      {{}, {"USE_STUB=0", "USE_EXT=1"}, "", Executor::kExt, "environment USE_EXT"},
      {{}, {"USE_STUB=0", "USE_EXT=0"}, "", Executor::kExt, "default"},
      {{}, {"USE_EXT=1", "EXECUTOR=php"}, "", Executor::kExt, "environment USE_EXT"},
      // A source of higher rank overrides, as for every other option.
      {{"--executor=ext"}, {"USE_STUB=1"}, "", Executor::kExt, "flag --executor"},
      {{"--use-stub"}, {"USE_EXT=1"}, "", Executor::kStub, "flag --use-stub"},
      {{"--no-use-stub"}, {"USE_STUB=1"}, "", Executor::kExt, "default"},
      {{}, {"EXECUTOR=ext"}, "use_stub = true", Executor::kExt, "environment EXECUTOR"},
      {{}, {}, "use_stub = true", Executor::kStub, in_file},
  };
  for (const Choosing& c : cases) {
    directory_.write("t.toml", c.file);
    Strings args = c.args;
    args.push_back("--config=t.toml");
    const Loaded loaded = load(args, c.environment);
    EXPECT_EQ(errors(loaded), Strings{});
    EXPECT_EQ(loaded.settings.executor, c.executor) << c.source;
    EXPECT_EQ(source(loaded, "executor"), c.source);
  }
}

TEST_F(Load, ZeroIsAutomatic) {
  Loaded loaded = load({});
  EXPECT_EQ(loaded.settings.php_workers, 4U);
  EXPECT_EQ(loaded.settings.queue_capacity, 400U);
  EXPECT_EQ(loaded.settings.max_connections, 500U);
  EXPECT_TRUE(origin_of(loaded, option_named("php_workers")).automatic);

  loaded = load({"--workers=3", "--max-connections=0"}, {"QUEUE_CAPACITY=0"});
  EXPECT_EQ(loaded.settings.queue_capacity, 300U);
  EXPECT_FALSE(origin_of(loaded, option_named("php_workers")).automatic);
  EXPECT_TRUE(origin_of(loaded, option_named("queue_capacity")).automatic);
  EXPECT_EQ(source(loaded, "queue_capacity"), "environment QUEUE_CAPACITY");

  loaded = load({"--queue-capacity=1", "--max-connections=10"});
  EXPECT_EQ(loaded.settings.queue_capacity, 1U);
  EXPECT_EQ(loaded.settings.max_connections, 10U);
}

TEST_F(Load, EveryMistakeIsReportedWithItsSource) {
  const std::string file = directory_.write("t.toml", "worker = 4\nidle_timeout = 'soon'\n");
  const Loaded loaded = load({"--config=t.toml", "--workers=abc", "-d", "x", "--root=none"},
                             {"QUEUE_CAPACITY=-1", "LISTEN_ADDR=80"});
  EXPECT_EQ(errors(loaded),
            (Strings{file + ":1: unknown key 'worker'; did you mean php_workers?",
                     file + ":2: idle_timeout: 'soon' is not a duration (seconds, or like 500ms, "
                            "30s, 5m, 1h30m, 7d, 2w)",
                     "QUEUE_CAPACITY: '-1' is not a whole number",
                     "LISTEN_ADDR: '80' is not an address; for a port write :80",
                     "--workers: 'abc' is not a whole number", "-d: 'x' is not name=value",
                     "--root: " + directory_.path() + "/none: No such file or directory"}));
}

// A value that a higher source overrides is still a mistake in the file.
TEST_F(Load, HiddenNonsenseIsRefusedToo) {
  EXPECT_EQ(errors(load({"--workers=3"}, {"PHP_WORKERS=abc"})),
            Strings{"PHP_WORKERS: 'abc' is not a whole number"});
}

TEST_F(Load, WarningsOfTheEnvironmentArePassedOn) {
  EXPECT_EQ(load({}, {"PHP_WORKER=4"}).warnings.size(), 1U);
}

TEST_F(Load, DefaultSettingsNeedNoFileSystem) {
  const Settings settings = default_settings({.cpu_cores = 2, .open_files = 100});
  EXPECT_EQ(settings.php_workers, 2U);
  EXPECT_EQ(settings.queue_capacity, 200U);
  EXPECT_EQ(settings.max_connections, 50U);
  EXPECT_EQ(settings.document_root, ".");
  Settings copy = settings;
  EXPECT_EQ(copy, settings);
  copy.php_workers = 3;
  EXPECT_NE(copy, settings);
}

}  // namespace
}  // namespace tusk::config
