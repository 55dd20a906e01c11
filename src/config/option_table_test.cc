#include "config/option_table.h"

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/field.h"
#include "config/flags.h"
#include "config/names/suggestion.h"

namespace tusk::config {
namespace {

// Counts the members of Settings: it can be initialised with so many of these, and not with more.
struct Anything {
  template <class T>
  operator T() const {  // NOLINT: implicit on purpose, and never called
    std::abort();
  }
};

template <class... Members>
consteval std::size_t count_members() {
  if constexpr (requires { Settings{Members{}..., Anything{}}; }) {
    return count_members<Members..., Anything>();
  } else {
    return sizeof...(Members);
  }
}

TEST(Options, EveryMemberOfSettingsIsAnOption) {
  constexpr std::size_t kInTheFileOnly = 2;  // the rules and the pools
  EXPECT_EQ(count_members<>(), option_table().size() + kInTheFileOnly);
  const auto all = option_table();
  for (auto option = all.begin(); option != all.end(); ++option) {
    for (auto other = all.begin(); other != option; ++other)
      EXPECT_NE(option->field, other->field) << option->name << " and " << other->name;
  }
}

TEST(Options, NamesAreUniqueAndWellFormed) {
  std::set<std::string_view> names;
  std::set<std::string_view> flags = {"help", "version", "json", "reference"};
  std::set<std::string_view> variables;
  std::set<char> letters = {'h', 'v'};
  const auto consists_of = [](std::string_view text, std::string_view letters_of_it) {
    return !text.empty() && text.find_first_not_of(letters_of_it) == std::string_view::npos;
  };
  for (const Option& option : option_table()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(flags.insert(option.flag).second) << option.flag;
    EXPECT_TRUE(variables.insert(option.environment).second) << option.environment;
    if (option.short_flag != '\0') {
      EXPECT_TRUE(letters.insert(option.short_flag).second) << option.name;
    }
    EXPECT_TRUE(consists_of(option.name, "abcdefghijklmnopqrstuvwxyz0123456789_")) << option.name;
    EXPECT_TRUE(consists_of(option.flag, "abcdefghijklmnopqrstuvwxyz0123456789-")) << option.flag;
    EXPECT_TRUE(consists_of(option.environment, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
        << option.name;
    EXPECT_FALSE(option.flag.starts_with("no-")) << option.flag;
  }
}

TEST(Options, AreFoundByEachName) {
  for (const Option& option : option_table()) {
    EXPECT_EQ(find_by_name(option.name), &option);
    EXPECT_EQ(find_by_flag(option.flag), &option);
    EXPECT_EQ(find_by_environment(option.environment), &option);
    EXPECT_EQ(&option_table()[index_of(option)], &option);
  }
  EXPECT_EQ(find_by_short_flag('d'), &option_named("php"));
  EXPECT_EQ(find_by_short_flag('c'), &option_named("php_ini"));
  EXPECT_EQ(find_by_short_flag('\0'), nullptr);
  EXPECT_EQ(find_by_name("nothing"), nullptr);
  EXPECT_EQ(find_by_flag(""), nullptr);
  EXPECT_EQ(find_by_environment(""), nullptr);
}

// Names that deployments rely on: they must not change.
TEST(Options, HasThePromisedVariables) {
  for (const char* name :
       {"LISTEN_ADDR", "DOCUMENT_ROOT", "PHP_WORKERS", "QUEUE_CAPACITY", "INDEX_FILE", "FALLBACK",
        "INTERNAL_ADDR", "DRAIN_TIMEOUT_SECS", "HEADER_TIMEOUT_SECS", "IDLE_TIMEOUT_SECS",
        "ACCESS_LOG", "LOG_LEVEL", "SERVICE_NAME", "EXECUTOR", "USE_EXT", "USE_STUB"})
    EXPECT_NE(find_by_environment(name), nullptr) << name;
}

bool fits(Type type, const Field& field) {
  switch (type) {
    case Type::kBool:
      return std::holds_alternative<bool Settings::*>(field);
    case Type::kCount:
    case Type::kRatio:
    case Type::kBytes:
      return std::holds_alternative<std::uint64_t Settings::*>(field);
    case Type::kDuration:
      return std::holds_alternative<std::chrono::milliseconds Settings::*>(field);
    case Type::kString:
    case Type::kPath:
      return std::holds_alternative<std::string Settings::*>(field);
    case Type::kOptionalAddress:
      return std::holds_alternative<std::optional<Address> Settings::*>(field);
    case Type::kAddressList:
      return std::holds_alternative<std::vector<ListenAddress> Settings::*>(field);
    case Type::kPathList:
      return std::holds_alternative<std::vector<std::string> Settings::*>(field);
    case Type::kProxyList:
      return std::holds_alternative<std::vector<TrustedProxy> Settings::*>(field);
    case Type::kHeaderList:
      return std::holds_alternative<std::vector<TrustedHeader> Settings::*>(field);
    case Type::kTextList:
      return std::holds_alternative<std::vector<std::string> Settings::*>(field);
    case Type::kDirectives:
      return std::holds_alternative<std::vector<PhpDirective> Settings::*>(field);
    case Type::kChoice:
      return std::holds_alternative<Executor Settings::*>(field) ||
             std::holds_alternative<WorkerKind Settings::*>(field) ||
             std::holds_alternative<ScriptMode Settings::*>(field) ||
             std::holds_alternative<Seccomp Settings::*>(field) ||
             std::holds_alternative<Preload Settings::*>(field) ||
             std::holds_alternative<Preset Settings::*>(field) ||
             std::holds_alternative<HttpsRedirect Settings::*>(field) ||
             std::holds_alternative<SapiName Settings::*>(field) ||
             std::holds_alternative<LogFormat Settings::*>(field) ||
             std::holds_alternative<SymbolicLinks Settings::*>(field) ||
             std::holds_alternative<TlsClientAuth Settings::*>(field) ||
             std::holds_alternative<TlsVersion Settings::*>(field) ||
             std::holds_alternative<PriorityPrefix Settings::*>(field) ||
             std::holds_alternative<TraceContext Settings::*>(field) ||
             std::holds_alternative<LogLevel Settings::*>(field);
  }
  return false;
}

TEST(Options, TypesAreThoseOfTheirFields) {
  for (const Option& option : option_table()) {
    const bool list = is_list(option.type) || option.type == Type::kDirectives;
    EXPECT_TRUE(fits(option.type, option.field)) << option.name;
    EXPECT_EQ(option.separator != '\0', list) << option.name;
    EXPECT_EQ(option.choices.empty(), option.type != Type::kChoice) << option.name;
    EXPECT_LE(option.min, option.max) << option.name;
    // 0 asks for the automatic value.
    if (!option.automatic.empty()) {
      EXPECT_EQ(option.min, 0U) << option.name;
    }
    // Beyond it, something is logged or replaced.
    const bool threshold = option.name == "slow_request" || option.name == "slow_memory" ||
                           option.name == "process_memory_limit" ||
                           option.name == "process_max_age" ||
                           option.name == "worker_memory_limit" ||
                           option.name == "worker_cgroup_memory_max";  // the kernel's memory.max
    EXPECT_EQ(option.type == Type::kBytes && !threshold, option.name.ends_with("_bytes"))
        << option.name;
    // How long something is valid or waits: nothing is abandoned after it.
    const bool holds = option.name == "static_cache_ttl" || option.name == "file_cache_validity" ||
                       option.name == "hsts" || option.name == "tls_ticket_rotation" ||
                       option.name == "rate_window" || option.name == "drain_delay" ||
                       option.name == "access_log_slow" || threshold;
    EXPECT_EQ(option.type == Type::kDuration && !holds, option.name.ends_with("_timeout"))
        << option.name;
    // Other servers use these names, and people have them in their environment.
    const bool known = option.name == "request_timeout" || option.name == "sse_timeout" ||
                       option.name == "rate_window";
    EXPECT_EQ(option.type == Type::kDuration && !holds && !known,
              option.environment.ends_with("_TIMEOUT_SECS"));
  }
}

// app/plan/live_settings.h must have each of them.
TEST(Options, TheseChangeInPlace) {
  std::set<std::string_view> names;
  for (const Option& option : option_table()) {
    if (option.in_place) names.insert(option.name);
  }
  EXPECT_EQ(names,
            (std::set<std::string_view>{
                "drain_delay", "drain_timeout", "log_level", "process_max_age",
                "process_max_lost_workers", "process_max_opcache_restarts", "process_memory_limit",
                "rate_limit", "rate_window", "slow_memory", "slow_request", "stall_timeout"}));
}

TEST(Options, DefaultsAreWrittenAsTheyAreShown) {
  for (const Option& option : option_table()) {
    if (option.type == Type::kDirectives) continue;
    Settings settings;
    if (option.default_text.empty() && is_list(option.type)) continue;  // no element
    const std::vector<std::string> texts = is_list(option.type)
                                               ? split_list(option.default_text, option.separator)
                                               : std::vector{std::string(option.default_text)};
    for (const std::string& text : texts) {
      ASSERT_TRUE(assign(settings, option, text, "")) << option.name;
    }
    EXPECT_EQ(value_text(settings, option), option.default_text) << option.name;
  }
}

TEST(Options, DocumentationIsSentences) {
  for (const Option& option : option_table()) {
    EXPECT_TRUE(option.doc.ends_with('.')) << option.name;
    EXPECT_FALSE(option.doc.ends_with("..")) << option.name;
    EXPECT_EQ(option.doc.find("  "), std::string_view::npos) << option.name;
    EXPECT_EQ(option.doc.find('\n'), std::string_view::npos) << option.name;
  }
}

TEST(Options, SectionsAreContiguousAndHaveTitles) {
  std::set<Section> closed;
  Section current = option_table()[0].section;
  for (const Option& option : option_table()) {
    EXPECT_FALSE(title(option.section).empty());
    if (option.section == current) continue;
    closed.insert(current);
    current = option.section;
    EXPECT_FALSE(closed.contains(current)) << option.name;
  }
}

TEST(Options, EachFlagIsFoundWhenALetterIsMissing) {
  const auto names = names::names_answered_by_flag();
  for (const Option& option : option_table()) {
    std::string written = "--" + std::string(option.flag);
    written.erase(written.size() / 2, 1);
    EXPECT_EQ(names::nearest(written, names), "--" + std::string(option.flag)) << written;
  }
}

TEST(Options, EachChoiceIsReadBack) {
  for (const Option& option : option_table()) {
    for (const Choice& choice : option.choices) {
      Settings settings;
      ASSERT_TRUE(assign(settings, option, choice.text, "")) << option.name << " " << choice.text;
      if (!choice.listed) continue;
      EXPECT_EQ(value_text(settings, option), choice.text) << option.name;
    }
  }
}

TEST(Options, EachHasAScope) {
  for (const Option& option : option_table()) {
    EXPECT_NE(option.scope, Scope::kNotGiven) << option.name;
    EXPECT_FALSE(to_string(option.scope).empty()) << option.name;
  }
}

// An option of a listener cannot differ between two sites on it.
TEST(Options, ScopesFollowWhatKnowsTheValue) {
  const auto all_are = [](Section section, Scope scope) {
    for (const Option& option : option_table()) {
      if (option.section != section) continue;
      EXPECT_EQ(option.scope, scope) << option.name;
    }
  };
  all_are(Section::kRouting, Scope::kSite);
  all_are(Section::kPhp, Scope::kProcess);
  all_are(Section::kLogging, Scope::kProcess);
  for (const Option& option : option_table()) {
    if (option.name.starts_with("listen") || option.name.starts_with("http2")) {
      EXPECT_EQ(option.scope, Scope::kListener) << option.name;
    }
    if (option.name.starts_with("https_") || option.name.starts_with("hsts")) {
      EXPECT_EQ(option.scope, Scope::kSite) << option.name;
    }
    if (option.name.find("_total_") != std::string_view::npos) {
      EXPECT_EQ(option.scope, Scope::kProcess) << option.name;
    }
  }
}

TEST(Options, PlaceholdersShowListedChoicesOnly) {
  EXPECT_EQ(placeholder(option_named("executor")), "ext|php|stub");
  EXPECT_EQ(placeholder(option_named("log_level")), "trace|debug|info|warn|error|off");
  EXPECT_EQ(placeholder(option_named("php_workers")), "N");
  EXPECT_EQ(placeholder(option_named("document_root")), "DIR");
}

}  // namespace
}  // namespace tusk::config
