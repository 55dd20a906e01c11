#include "config/file/toml_rules.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "config/names/suggestion.h"

namespace tusk::config::file {
namespace {

using Line = toml::source_index;

constexpr std::string_view kKeys[] = {
    "path",     "regex",  "method", "host",    "scheme",      "missing",     "redirect",
    "location", "status", "deny",   "rewrite", "set_headers", "add_headers", "remove_headers",
};

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class RuleReader {
 public:
  RuleReader(const std::string& path, const Report& error) : path_(path), error_(error) {}

  std::optional<Rule> read(const toml::table& table) {
    ok_ = true;
    rule_ = {};
    rule_.where = path_ + ":" + std::to_string(table.source().begin.line);
    for (const auto& [key, node] : table) take(key, node);
    if (const toml::node* status = table.get("status")) take_status(*status);
    return ok_ ? std::optional(rule_) : std::nullopt;
  }

 private:
  void take(const toml::key& key, const toml::node& node) {
    const std::string_view name = key.str();
    const Line line = key.source().begin.line;
    if (name == "path") {
      take_text(line, name, node, rule_.path);
    } else if (name == "regex") {
      take_text(line, name, node, rule_.regex);
    } else if (name == "scheme") {
      take_text(line, name, node, rule_.scheme);
    } else if (name == "method") {
      take_texts(line, name, node, rule_.methods);
    } else if (name == "host") {
      take_texts(line, name, node, rule_.hosts);
    } else if (name == "redirect") {
      take_text(line, name, node, rule_.redirect);
    } else if (name == "rewrite") {
      take_text(line, name, node, rule_.rewrite);
    } else if (name == "missing") {
      take_missing(line, node);
    } else if (name == "deny") {
      take_deny(line, node);
    } else if (name == "set_headers") {
      take_headers(line, name, node, HeaderChange::Kind::kSet);
    } else if (name == "add_headers") {
      take_headers(line, name, node, HeaderChange::Kind::kAdd);
    } else if (name == "remove_headers") {
      take_removed(line, node);
    } else if (name != "status") {
      unknown(line, name);
    }
  }

  void unknown(Line line, std::string_view name) {
    std::vector<names::Name> names;
    for (const std::string_view key : kKeys) {
      // nginx and Apache use another word.
      const std::string_view answer = key == "location" ? "path" : key;
      names.push_back({.known = std::string(key), .answer = std::string(answer)});
    }
    error(line,
          "unknown key '" + std::string(name) + "' in a rule" + names::did_you_mean(name, names));
  }

  void take_text(Line line, std::string_view name, const toml::node& node, std::string& target) {
    const auto* text = node.as_string();
    if (text == nullptr || text->get().empty())
      return error(line, "a rule's " + std::string(name) + " must be text, and not empty");
    if (has_control_character(text->get()))
      return error(line, "a rule's " + std::string(name) + " contains a control character");
    target = text->get();
  }

  void take_texts(Line line, std::string_view name, const toml::node& node,
                  std::vector<std::string>& target) {
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& element : *list) {
        target.emplace_back();
        take_text(line, name, element, target.back());
      }
      if (list->empty()) error(line, "a rule's " + std::string(name) + " must not be empty");
      return;
    }
    target.emplace_back();
    take_text(line, name, node, target.back());
  }

  void take_missing(Line line, const toml::node& node) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return error(line, "a rule's missing must be true or false");
    rule_.missing = value->get();
  }

  void take_deny(Line line, const toml::node& node) {
    if (const auto* value = node.as_boolean()) {
      rule_.deny_status = value->get() ? 403 : 0;
    } else if (const auto* status = node.as_integer()) {
      rule_.deny_status = in_int(status->get());
    } else {
      error(line, "a rule's deny must be true or a status such as 404");
    }
  }

  void take_status(const toml::node& node) {
    const Line line = node.source().begin.line;
    const auto* status = node.as_integer();
    if (status == nullptr) return error(line, "a rule's status must be a number");
    if (!rule_.redirect.empty()) {
      rule_.redirect_status = in_int(status->get());
    } else if (rule_.deny_status != 0) {
      error(line, "write deny = " + std::to_string(status->get()) + " in place of status");
    } else {
      error(line, "status belongs to a rule with redirect");
    }
  }

  void take_headers(Line line, std::string_view name, const toml::node& node,
                    HeaderChange::Kind kind) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return error(line, "a rule's " + std::string(name) + " must be a table: " +
                             std::string(name) + " = { \"X-Name\" = \"value\" }");
    }
    for (const auto& [field, value] : *table) {
      const Line field_line = field.source().begin.line;
      const auto* text = value.as_string();
      if (text != nullptr && !has_control_character(text->get())) {
        add_header(kind, field.str(), text->get());
      } else {
        error(field_line, "the header " + std::string(field.str()) +
                              " must be text, without control characters");
      }
    }
  }

  void take_removed(Line line, const toml::node& node) {
    std::vector<std::string> names;
    take_texts(line, "remove_headers", node, names);
    for (const std::string& name : names) add_header(HeaderChange::Kind::kRemove, name, "");
  }

  void add_header(HeaderChange::Kind kind, std::string_view name, std::string_view value) {
    rule_.headers.push_back({.kind = kind, .name = std::string(name), .value = std::string(value)});
  }

  // A number that does not fit is not a status either.
  static int in_int(std::int64_t value) {
    return value >= 0 && value <= 999 ? static_cast<int>(value) : -1;
  }

  void error(Line line, const std::string& message) {
    ok_ = false;
    error_(line, message);
  }

  const std::string& path_;
  const Report& error_;
  Rule rule_;
  bool ok_ = true;
};

}  // namespace

std::vector<Rule> read_rules(const toml::node& node, const std::string& path, const Report& error) {
  std::vector<Rule> rules;
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    error(node.source().begin.line, "rules are written as [[rules]], each with its keys below it");
    return rules;
  }
  RuleReader reader(path, error);
  for (const toml::node& element : *list) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      error(element.source().begin.line,
            "rules are written as [[rules]], each with its keys below it");
      continue;
    }
    if (auto rule = reader.read(*table)) rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace tusk::config::file
