#include "config/flags.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

using Strings = std::vector<std::string>;

constexpr Switch kSwitches[] = {{.flag = "help", .short_flag = 'h'},
                                {.flag = "json"},
                                {.flag = "path", .value = Switch::Value::kMany}};

Flags parse(const Strings& args) { return parse_flags(args, kSwitches); }

Strings texts(const Flags& flags, std::string_view name) {
  for (const Assignment& assignment : flags.assignments) {
    if (assignment.option->name == name) return assignment.texts;
  }
  return {"(not given)"};
}

std::string where(const Flags& flags, std::string_view name) {
  for (const Assignment& assignment : flags.assignments) {
    if (assignment.option->name == name) return to_string(assignment.origin);
  }
  return "(not given)";
}

Strings errors(const Strings& args) {
  Strings messages;
  for (const Problem& problem : parse(args).errors) {
    EXPECT_TRUE(problem.wrong_use);
    messages.push_back(problem.message);
  }
  return messages;
}

TEST(Flags, CollectsTheValuesOfASwitch) {
  const Flags flags = parse({"--path", "/a", "--path=/b,c", "--json"});
  EXPECT_EQ(flags.lists.at("path"), (Strings{"/a", "/b,c"}));
  EXPECT_EQ(errors({"--path"}), Strings{"--path needs a value"});
}

TEST(Flags, TakesAValueInEveryForm) {
  EXPECT_EQ(texts(parse({"--workers", "4"}), "php_workers"), Strings{"4"});
  EXPECT_EQ(texts(parse({"--workers=4"}), "php_workers"), Strings{"4"});
  EXPECT_EQ(texts(parse({"--workers="}), "php_workers"), Strings{""});
  EXPECT_EQ(texts(parse({"--fallback", ""}), "fallback"), Strings{""});
  EXPECT_EQ(texts(parse({"-c", "p.ini"}), "php_ini"), Strings{"p.ini"});
  EXPECT_EQ(texts(parse({"-cp.ini"}), "php_ini"), Strings{"p.ini"});
  EXPECT_EQ(texts(parse({"-c=p.ini"}), "php_ini"), Strings{"p.ini"});
  EXPECT_EQ(texts(parse({"--php-ini", "p.ini"}), "php_ini"), Strings{"p.ini"});
  EXPECT_EQ(texts(parse({"-d", "a=b=c"}), "php"), Strings{"a=b=c"});
  EXPECT_EQ(texts(parse({"--define=a=b"}), "php"), Strings{"a=b"});
}

TEST(Flags, RemembersHowItWasWritten) {
  EXPECT_EQ(where(parse({"--workers", "4"}), "php_workers"), "flag --workers");
  EXPECT_EQ(where(parse({"-cx"}), "php_ini"), "flag -c");
  EXPECT_EQ(where(parse({"--no-access-log"}), "access_log"), "flag --no-access-log");
}

TEST(Flags, OnOffOptionsNeedNoValue) {
  EXPECT_EQ(texts(parse({"--access-log"}), "access_log"), Strings{"on"});
  EXPECT_EQ(texts(parse({"--access-log=off"}), "access_log"), Strings{"off"});
  EXPECT_EQ(texts(parse({"--no-access-log"}), "access_log"), Strings{"off"});
  EXPECT_EQ(parse({"--access-log", "check"}).positionals, Strings{"check"});
  EXPECT_EQ(errors({"--access-log", "on"}), Strings{"--access-log on: write --access-log=on"});
  EXPECT_EQ(errors({"--no-workers"}).size(), 1U);
  EXPECT_EQ(errors({"--no-access-log=on"}).size(), 1U);
}

TEST(Flags, TheLastOneCountsAndListsCollect) {
  EXPECT_EQ(texts(parse({"--workers", "2", "--workers=4"}), "php_workers"), Strings{"4"});
  EXPECT_EQ(texts(parse({"--listen", ":1", "--listen", ":2, :3"}), "listen"),
            (Strings{":1", ":2", ":3"}));
  EXPECT_EQ(texts(parse({"-da=1", "-d", "b=x,y;z"}), "php"), (Strings{"a=1", "b=x,y;z"}));
}

TEST(Flags, SwitchesAndPositionals) {
  const Flags flags = parse({"check", "--json", "-h", "--", "--workers"});
  EXPECT_EQ(flags.switches, (Strings{"json", "help"}));
  EXPECT_EQ(flags.positionals, (Strings{"check", "--workers"}));
  EXPECT_TRUE(flags.errors.empty());
  EXPECT_EQ(errors({"--json=1"}), Strings{"--json takes no value"});
}

TEST(Flags, AMissingValueDoesNotSwallowTheNextFlag) {
  const Flags flags = parse({"--workers", "--listen", ":80"});
  ASSERT_EQ(flags.errors.size(), 1U);
  EXPECT_EQ(flags.errors[0].message, "--workers needs a value: --workers N");
  EXPECT_EQ(texts(flags, "listen"), Strings{":80"});
  EXPECT_EQ(errors({"--root"}), Strings{"--root needs a value: --root DIR"});
  EXPECT_EQ(errors({"-d"}), Strings{"-d needs a value: -d NAME=VALUE"});
  EXPECT_EQ(errors({"--root", "-d", "a=b"}).size(), 1U);
  EXPECT_EQ(texts(parse({"--workers", "-1"}), "php_workers"), Strings{"-1"});
}

TEST(Flags, UnknownOnesGetTheNearestName) {
  EXPECT_EQ(errors({"--worker", "4"}), Strings{"unknown option --worker; did you mean --workers?"});
  EXPECT_EQ(errors({"--worker=4"}), Strings{"unknown option --worker; did you mean --workers?"});
  EXPECT_EQ(errors({"--jsno"}), Strings{"unknown option --jsno; did you mean --json?"});
  EXPECT_EQ(errors({"--xyzzy"}), Strings{"unknown option --xyzzy"});
  EXPECT_EQ(errors({"-x"}), Strings{"unknown option -x"});
  EXPECT_EQ(errors({"-workers", "4"}), Strings{"unknown option -workers; did you mean --workers?"});
}

TEST(Flags, EveryMistakeIsReported) {
  EXPECT_EQ(errors({"--worker", "4", "--lisen=:80", "--root"}).size(), 3U);
}

TEST(SplitList, TrimsAndDropsWhatIsEmpty) {
  EXPECT_EQ(split_list(":1,:2", ','), (Strings{":1", ":2"}));
  EXPECT_EQ(split_list(" :1 ,, :2,", ','), (Strings{":1", ":2"}));
  EXPECT_EQ(split_list("", ','), Strings{});
  EXPECT_EQ(split_list(" , ", ','), Strings{});
}

}  // namespace
}  // namespace tusk::config
