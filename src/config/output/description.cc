#include "config/output/description.h"

#include <algorithm>
#include <cctype>
#include <span>

#include <nlohmann/json.hpp>

#include "config/field.h"
#include "config/file/toml_string.h"
#include "config/option_table.h"
#include "config/output/pool_description.h"

namespace tusk::config::output {
namespace {

using file::toml_string;

constexpr std::string_view kRedacted = "(redacted)";
constexpr std::string_view kDirectivePrefix = "php.";
constexpr std::string_view kRules = "rules";
constexpr std::string_view kPools = "pool";

std::string plural(std::uint64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

TypedValue typed_value(const Settings& settings, const Option& option) {
  if (const auto* field = std::get_if<bool Settings::*>(&option.field)) return settings.**field;
  if (option.type == Type::kRatio) return value_text(settings, option);
  if (const auto* field = std::get_if<std::uint64_t Settings::*>(&option.field))
    return settings.**field;
  if (const auto* field = std::get_if<std::chrono::milliseconds Settings::*>(&option.field))
    return static_cast<std::uint64_t>((settings.**field).count());
  if (is_list(option.type)) return element_texts(settings, option);
  return value_text(settings, option);
}

std::string_view unit_of(const Option& option) {
  if (option.type == Type::kBytes) return "bytes";
  if (option.type == Type::kDuration) return "ms";
  return "";
}

Described describe_option(const Loaded& loaded, const Option& option) {
  const Origin& origin = origin_of(loaded, option);
  Described result{.name = std::string(option.name),
                   .value = value_text(loaded.settings, option),
                   .typed = typed_value(loaded.settings, option),
                   .unit = unit_of(option),
                   .source = to_string(origin),
                   .scope = option.scope,
                   .doc = option.doc,
                   .in_place = option.in_place};
  if (origin.automatic) result.source += ", " + std::string(option.automatic);
  if (option.secret && !result.value.empty()) {
    result.value = kRedacted;
    result.typed = std::string(kRedacted);
  }
  return result;
}

// Directives have no list of secrets: tusk does not know those of all extensions.
bool may_be_secret(const PhpDirective& directive) {
  const auto contains = [](std::string_view text, std::string_view part) {
    const auto same = [](char one, char other) {
      return std::tolower(static_cast<unsigned char>(one)) == other;
    };
    return !std::ranges::search(text, part, same).empty();
  };
  constexpr std::string_view kNames[] = {"passw", "pwd", "_pw", "secret", "token", "auth", "key"};
  constexpr std::string_view kValues[] = {
      "passw", "pwd=", "secret=", "token=", "auth=", "auth[", "@"};
  return std::ranges::any_of(kNames, [&](auto part) { return contains(directive.name, part); }) ||
         std::ranges::any_of(kValues, [&](auto part) { return contains(directive.value, part); });
}

void describe_directives(const Loaded& loaded, const Option& option,
                         std::vector<Described>& result) {
  const auto& php = loaded.settings.php;
  for (std::size_t i = 0; i < php.size(); ++i) {
    const std::string value = may_be_secret(php[i]) ? std::string(kRedacted) : php[i].value;
    result.push_back({.name = std::string(kDirectivePrefix) + php[i].name,
                      .value = value,
                      .typed = value,
                      .unit = "",
                      .source = to_string(loaded.php_origins[i]),
                      .scope = option.scope,
                      .doc = "php.ini directive."});
  }
}

Described describe_rules(const std::vector<Rule>& rules) {
  std::vector<std::string> texts;
  texts.reserve(rules.size());
  for (const Rule& rule : rules) texts.push_back(to_toml(rule));
  return {.name = std::string(kRules),
          .value = plural(rules.size(), "rule"),
          .typed = std::move(texts),
          .unit = "",
          .source = rules.front().where,
          .scope = Scope::kSite,
          .doc = "What [[rules]] and the preset say, in order."};
}

Described describe_pools(const std::vector<Pool>& pools) {
  std::vector<std::string> texts;
  for (Pool pool : pools) {
    for (PhpDirective& directive : pool.directives) {
      if (may_be_secret(directive)) directive.value = kRedacted;
    }
    texts.push_back(to_toml(pool));
    if (!pool.environment.empty()) texts.back() += ", " + redacted_environment(pool);
  }
  return {.name = std::string(kPools),
          .value = plural(pools.size(), "pool"),
          .typed = std::move(texts),
          .unit = "",
          .source = pools.front().where,
          .scope = Scope::kProcess,
          .doc = "What [[pool]] and resident say, in order."};
}

std::string toml_value(const Described& described) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&described.typed)) {
    std::string result;
    for (const std::string& element : *list) {
      if (!result.empty()) result += ", ";
      result += toml_string(element);
    }
    return "[" + result + "]";
  }
  if (const auto* boolean = std::get_if<bool>(&described.typed)) return *boolean ? "true" : "false";
  const bool plain_number =
      std::holds_alternative<std::uint64_t>(described.typed) && described.unit.empty();
  return plain_number ? described.value : toml_string(described.value);
}

struct TomlLine {
  std::string code;
  std::string comment;
};

std::string join_lines(std::span<const TomlLine> lines) {
  constexpr std::size_t kMaxColumn = 48;  // a longer value does not move the comments of all lines
  std::size_t column = 0;
  for (const TomlLine& line : lines) {
    if (line.code.size() <= kMaxColumn) column = std::max(column, line.code.size());
  }
  std::string text;
  for (const TomlLine& line : lines) {
    text += line.code;
    if (!line.comment.empty()) {
      text.append(line.code.size() < column ? column - line.code.size() : 0, ' ');
      text += "  # " + line.comment;
    }
    text += '\n';
  }
  return text;
}

// Writes each name once: a directive with several values is a list.
void append_directives(const Loaded& loaded, std::vector<TomlLine>& lines) {
  const auto& php = loaded.settings.php;
  for (auto directive = php.begin(); directive != php.end(); ++directive) {
    const auto same = [&](const PhpDirective& other) { return other.name == directive->name; };
    if (std::any_of(php.begin(), directive, same)) continue;
    std::string value = toml_string(directive->value);
    bool list = false;
    for (auto other = directive + 1; other != php.end(); ++other) {
      if (!same(*other)) continue;
      value.append(", ").append(toml_string(other->value));
      list = true;
    }
    if (list) value.insert(0, "[").append("]");
    const Origin& origin = loaded.php_origins[static_cast<std::size_t>(directive - php.begin())];
    lines.push_back({toml_string(directive->name) + " = " + value, to_string(origin)});
  }
}

// Leaves out the preset's rules: the preset adds them again.
void append_rules(const std::vector<Rule>& rules, std::vector<TomlLine>& lines) {
  for (const Rule& rule : rules) {
    if (rule.where.starts_with("preset ")) continue;
    lines.push_back({"", ""});
    lines.push_back({"[[rules]]", "file " + rule.where});
    lines.push_back({to_toml(rule, "\n"), ""});
  }
}

// Leaves out the pool of `resident`: the option makes it again.
void append_pools(const std::vector<Pool>& pools, std::vector<TomlLine>& lines) {
  for (const Pool& pool : pools) {
    if (pool.by_option) continue;
    lines.push_back({"", ""});
    lines.push_back({"[[pool]]", "file " + pool.where});
    lines.push_back({to_toml(pool, "\n"), ""});
    if (!pool.environment.empty()) lines.push_back({"# " + redacted_environment(pool), ""});
  }
}

bool is_in(const Extent& extent, const Loaded& loaded, const Option& option) {
  if (!extent.defaults) return true;
  return !origin_of(loaded, option).automatic &&
         element_texts(loaded.settings, option) != element_texts(*extent.defaults, option);
}

bool is_of_preset(const Origin& origin) {
  return origin.kind == Origin::Kind::kPreset ||
         (origin.kind == Origin::Kind::kDefault && !origin.added_by.empty());
}

}  // namespace

std::vector<Described> describe(const Loaded& loaded, const Extent& extent) {
  std::vector<Described> result;
  for (const Option& option : option_table()) {
    if (option.type == Type::kDirectives) {
      describe_directives(loaded, option, result);
    } else if (is_in(extent, loaded, option)) {
      result.push_back(describe_option(loaded, option));
    }
  }
  if (!loaded.settings.rules.empty()) result.push_back(describe_rules(loaded.settings.rules));
  if (!loaded.settings.pools.empty()) result.push_back(describe_pools(loaded.settings.pools));
  return result;
}

std::string to_toml(const Loaded& loaded, const Extent& extent) {
  std::vector<TomlLine> lines;
  for (const Described& described : describe(loaded, extent)) {
    if (described.name.starts_with(kDirectivePrefix) || described.name == kRules ||
        described.name == kPools)
      continue;
    const Option& option = option_named(described.name);
    std::string code = described.name + " = " + toml_value(described);
    const bool is_set_again = extent.defaults && is_of_preset(origin_of(loaded, option));
    if (!option.in_file || option.secret || is_set_again) code.insert(0, "# ");
    lines.push_back({std::move(code), described.source});
  }
  if (!loaded.settings.php.empty()) {
    lines.push_back({"", ""});
    lines.push_back({"[php]", ""});
    append_directives(loaded, lines);
  }
  append_rules(loaded.settings.rules, lines);
  append_pools(loaded.settings.pools, lines);
  if (lines.empty()) return "# Every value is its default.\n";
  return join_lines(lines);
}

std::string to_json(const Loaded& loaded, const Extent& extent) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Described& described : describe(loaded, extent)) {
    nlohmann::ordered_json object;
    object["name"] = described.name;
    std::visit([&](const auto& value) { object["value"] = value; }, described.typed);
    if (!described.unit.empty()) object["unit"] = described.unit;
    object["text"] = described.value;
    object["source"] = described.source;
    object["scope"] = to_string(described.scope);
    object["in_place"] = described.in_place;
    object["doc"] = described.doc;
    array.push_back(std::move(object));
  }
  // A path may be invalid UTF-8.
  return array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string summary(const Settings& settings) {
  std::string text = settings.document_root + " on ";
  text += value_text(settings, option_named("listen"));
  text += ", " + value_text(settings, option_named("executor")) + " executor";
  const bool several = settings.supervisor && settings.processes > 1;
  text += ", " + (several ? std::to_string(settings.processes) + " processes with " : "");
  text += plural(settings.php_workers, "worker") + (several ? " each" : "");
  text += ", queue of " + std::to_string(settings.queue_capacity);
  text += ", internal server ";
  text += settings.internal_addr ? "on " + to_string(*settings.internal_addr) : "off";
  return text;
}

}  // namespace tusk::config::output
