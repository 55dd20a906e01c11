#include "config/output/description.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_directory.h"
#include "config/option_table.h"
#include "config/test_load.h"

namespace tusk::config::output {
namespace {

using Strings = std::vector<std::string>;

class Describe : public ::testing::Test {
 protected:
  Loaded load(const Strings& args) const { return load_without_errors(args, directory_); }

  static Described find(const std::vector<Described>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &Described::name);
    EXPECT_NE(found, all.end()) << name;
    return found == all.end() ? Described{} : *found;
  }

  base::TestDirectory directory_;
};

TEST_F(Describe, HasEveryOptionInTheOrderOfTheTable) {
  const auto all = describe(load({}));
  ASSERT_EQ(all.size(), option_table().size() - 1);  // without directives, [php] is nothing
  std::size_t i = 0;
  for (const Option& option : option_table()) {
    if (option.type == Type::kDirectives) continue;
    EXPECT_EQ(all[i].name, option.name);
    EXPECT_EQ(all[i].doc, option.doc);
    EXPECT_EQ(all[i].scope, option.scope);
    ++i;
  }
}

TEST_F(Describe, SaysValueAndSource) {
  const auto all = describe(load({"--request-body-bytes=2M", "--idle-timeout=2m", "--listen=:1,:2",
                                  "-dmemory_limit=1G", "--access-log"}));
  const Described body = find(all, "request_body_bytes");
  EXPECT_EQ(body.value, "2MiB");
  EXPECT_EQ(std::get<std::uint64_t>(body.typed), 2U * 1024 * 1024);
  EXPECT_EQ(body.unit, "bytes");
  EXPECT_EQ(body.source, "flag --request-body-bytes");
  const Described idle = find(all, "idle_timeout");
  EXPECT_EQ(idle.value, "2m");
  EXPECT_EQ(std::get<std::uint64_t>(idle.typed), 120'000U);
  EXPECT_EQ(idle.unit, "ms");
  const Described listen = find(all, "listen");
  EXPECT_EQ(listen.value, ":1, :2");
  EXPECT_EQ(std::get<Strings>(listen.typed), (Strings{":1", ":2"}));
  EXPECT_EQ(find(all, "php_workers").value, "4");
  EXPECT_EQ(find(all, "php_workers").source,
            "default, one per CPU core, fewer if there is little memory");
  EXPECT_EQ(find(all, "php.memory_limit").value, "1G");
  EXPECT_EQ(find(all, "php.memory_limit").source, "flag -d");
  EXPECT_TRUE(std::get<bool>(find(all, "access_log").typed));
  EXPECT_EQ(find(all, "access_log").value, "on");
}

TEST_F(Describe, TheTomlIsReadBackAsTheSameSettings) {
  directory_.write("index.php", "");
  const Loaded first = load({"--listen=:1,unix:a.sock",
                             "--internal-addr=off",
                             "--executor=stub",
                             "--workers=3",
                             "--request-body-bytes=3000",
                             "--idle-timeout=1500ms",
                             "--index-file=index.php",
                             "--log-level=off",
                             "--log-format=json",
                             "--access-log",
                             "--service-name=a\"b\\c #d",
                             "-d",
                             "opcache.enable=0",
                             "-d",
                             "error_log=\"x\" # y",
                             "-d",
                             "empty=",
                             "-d",
                             "extension=b",
                             "-d",
                             "extension=a"});
  directory_.write("t.toml", to_toml(first));
  const Loaded second = load({"--config=t.toml"});
  Settings expected = first.settings;
  expected.config_file = second.settings.config_file;
  EXPECT_EQ(second.settings, expected);
  EXPECT_EQ(second.warnings, Strings{});
}

TEST_F(Describe, TheTomlShowsSources) {
  const std::string text = to_toml(load({"--workers=3", "-da.b=1"}));
  EXPECT_NE(text.find("php_workers = 3 "), std::string::npos);
  EXPECT_NE(text.find("# flag --workers\n"), std::string::npos);
  EXPECT_NE(text.find("# default, 100 per worker\n"), std::string::npos);
  EXPECT_NE(text.find("\n\n[php]\n\"a.b\" = \"1\" "), std::string::npos);
  EXPECT_TRUE(text.starts_with("# config_file = \"\""));
}

TEST_F(Describe, ChangedValuesAreThoseThatDifferFromTheirDefaults) {
  directory_.write("index.php", "");
  const Extent changed{.defaults = plain_defaults(directory_.path())};
  EXPECT_EQ(to_toml(load({}), changed), "# Every value is its default.\n");
  EXPECT_EQ(to_toml(load({"--drain-timeout=20s", "--log-level=info"}), changed),
            to_toml(load({"--drain-timeout=20s"}), changed));
  const Loaded first = load({"--workers=4", "--listen=:1,:2", "--preset=wordpress", "-da.b=1"});
  const std::string text = to_toml(first, changed);
  EXPECT_NE(text.find("php_workers = 4 "), std::string::npos) << text;
  EXPECT_NE(text.find("# flag --workers\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n# fallback = \"/index.php\""), std::string::npos) << text;
  EXPECT_EQ(text.find("queue_capacity"), std::string::npos) << text;  // follows from the workers
  directory_.write("t.toml", text);
  const Loaded second = load({"--config=t.toml"});
  Settings expected = first.settings;
  expected.config_file = second.settings.config_file;
  EXPECT_EQ(second.settings, expected);
  const auto json = nlohmann::json::parse(to_json(first, changed));
  EXPECT_LT(json.size(), 12U);
}

TEST_F(Describe, TheJsonIsForPrograms) {
  const auto json = nlohmann::json::parse(
      to_json(load({"--workers=3", "--listen=:1,:2", "--service-name=\xff"})));
  ASSERT_EQ(json.size(), option_table().size() - 1);
  const auto entry = [&](std::string_view name) {
    for (const auto& object : json) {
      if (object["name"] == name) return object;
    }
    return nlohmann::json();
  };
  EXPECT_EQ(entry("php_workers")["value"], 3);
  EXPECT_EQ(entry("php_workers")["source"], "flag --workers");
  EXPECT_FALSE(entry("php_workers").contains("unit"));
  EXPECT_EQ(entry("listen")["value"], nlohmann::json({":1", ":2"}));
  EXPECT_EQ(entry("header_timeout")["value"], 10'000);
  EXPECT_EQ(entry("header_timeout")["unit"], "ms");
  EXPECT_EQ(entry("header_timeout")["text"], "10s");
  EXPECT_EQ(entry("access_log")["value"], false);
  EXPECT_EQ(entry("access_log")["scope"], "process");
  EXPECT_EQ(entry("idle_timeout")["scope"], "listener");
  EXPECT_EQ(entry("document_root")["scope"], "site");
}

TEST_F(Describe, TheSummaryIsOneLine) {
  EXPECT_EQ(
      summary(load({"--listen=:1,:2", "--workers=1"}).settings),
      directory_.path() +
          " on :1, :2, ext executor, 1 worker, queue of 100, internal server on 127.0.0.1:9090");
  EXPECT_TRUE(summary(load({"--internal-addr=off"}).settings).ends_with("internal server off"));
}

}  // namespace
}  // namespace tusk::config::output
