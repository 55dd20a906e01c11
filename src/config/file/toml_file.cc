#include "config/file/toml_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "base/result.h"
#include "config/checks/missing_path.h"
#include "config/file/toml_listeners.h"
#include "config/file/toml_mistake.h"
#include "config/file/toml_pools.h"
#include "config/file/toml_rules.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"

namespace tusk::config::file {
namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  FileContent run(const toml::table& root) && {
    for (const auto& [key, node] : root) take(key, node);
    FileContent content;
    for (auto& [line, assignment] : assignments_) {
      content.assignments.push_back(std::move(assignment));
    }
    content.rules = std::move(rules_);
    content.pools = std::move(pools_);
    content.includes = std::move(includes_);
    for (auto& [line, problem] : errors_) content.errors.push_back(std::move(problem));
    return content;
  }

 private:
  using Line = toml::source_index;

  static Line line_of(const toml::key& key) { return key.source().begin.line; }

  void take(const toml::key& key, const toml::node& node) {
    const Line line = line_of(key);
    if (key.str() == "rules") return take_rules(node);
    if (key.str() == "pool") return take_pools(node);
    if (key.str() == "include") return take_includes(line, node);
    const Option* option = find_by_key(key.str());
    if (option == nullptr) {
      auto names = names::names_answered_by_key();
      names.push_back({.known = "rule", .answer = "[[rules]]"});
      names.push_back({.known = "pools", .answer = "[[pool]]"});
      names.push_back({.known = "listener", .answer = "[[listen]]"});
      names.push_back({.known = "listeners", .answer = "[[listen]]"});
      std::string hint = names::option_hint(key.str(), names);
      if (hint.empty())
        hint = node.is_table() ? "; the only tables are [php], [[listen]], [[rules]] and [[pool]]"
                               : "; docs/configuration.md lists all keys";
      error(line, "unknown key '" + std::string(key.str()) + "'" + hint);
    } else if (!option->in_file) {
      error(line, std::string(key.str()) + " cannot be set in the file");
    } else if (option->type == Type::kDirectives) {
      take_directives(*option, line, node);
    } else if (is_only_key(*option, key)) {
      take_value(*option, key, node);
    }
  }

  // An option has several names, and TOML only refuses the same one twice.
  bool is_only_key(const Option& option, const toml::key& key) {
    const auto [first, is_only] = keys_.emplace(&option, &key);
    if (is_only) return true;
    const toml::key* earlier = first->second;  // in the file; toml++ sorts by names
    const toml::key* later = &key;
    if (line_of(*later) < line_of(*earlier)) std::swap(earlier, later);
    error(line_of(*later), std::string(later->str()) + " and " + std::string(earlier->str()) +
                               " (line " + std::to_string(line_of(*earlier)) +
                               ") are two names of one option: keep one");
    return false;
  }

  void take_rules(const toml::node& node) { rules_ = read_rules(node, path_, report()); }

  void take_pools(const toml::node& node) { pools_ = read_pools(node, path_, report()); }

  Report report() {
    return [this](Line line, const std::string& message) { error(line, message); };
  }

  void take_includes(Line line, const toml::node& node) {
    const auto take_one = [&](const toml::node& element) {
      const auto pattern = element.value_exact<std::string>();
      if (pattern && !pattern->empty() && pattern->find('\0') == std::string::npos) {
        includes_.push_back(*pattern);
      } else {
        error(line, "include must be the name of a file, or a list of them, such as conf.d/*.toml");
      }
    };
    const toml::array* const list = node.as_array();
    if (list == nullptr) return take_one(node);
    for (const toml::node& element : *list) take_one(element);
  }

  void take_value(const Option& option, const toml::key& key, const toml::node& node) {
    const Line line = line_of(key);
    const std::string name(key.str());
    Assignment assignment{.option = &option, .origin = origin(line), .texts = {}};
    if (name != option.name) assignment.origin.alias = name;
    const toml::array* list = node.as_array();
    if (list != nullptr && !is_list(option.type)) {
      error(line, name + " takes one value, not a list");
      return;
    }
    if (list == nullptr) {
      if (!add_text(assignment, name, node)) return;
    } else {
      for (const toml::node& element : *list) {
        if (!add_text(assignment, name, element)) return;
      }
    }
    assignments_.emplace(line, std::move(assignment));
  }

  bool add_text(Assignment& assignment, const std::string& name, const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table != nullptr && assignment.option->type == Type::kAddressList) {
      auto texts = read_listener(*table, report());
      if (!texts) return false;
      assignment.texts.insert(assignment.texts.end(), texts->begin(), texts->end());
      return true;
    }
    auto text = scalar_text(node);
    if (!text) {
      error(node.source().begin.line, name + " must be text, a number or true or false");
      return false;
    }
    assignment.texts.push_back(std::move(*text));
    return true;
  }

  void take_directives(const Option& option, Line line, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      error(line, std::string(option.name) + " must be a table: [" + std::string(option.name) +
                      "], then name = value");
      return;
    }
    read_directives(
        *table, report(),
        [&](const std::string& name) {
          return find_by_key(name) == nullptr ? std::string()
                                              : name + " is an option of tusk: write it above [" +
                                                    std::string(option.name) + "]";
        },
        [&](const Directive& directive) { add_directive(option, directive); });
  }

  // Each directive is an assignment of its own, which keeps its line.
  void add_directive(const Option& option, const Directive& directive) {
    Assignment assignment{.option = &option, .origin = origin(directive.line), .texts = {}};
    assignment.texts.push_back(directive.text);
    assignments_.emplace(directive.line, std::move(assignment));
  }

  Origin origin(Line line) const {
    return {.kind = Origin::Kind::kFile, .where = path_ + ":" + std::to_string(line)};
  }

  void error(Line line, const std::string& message) {
    errors_.emplace(line, Problem{.message = path_ + ":" + std::to_string(line) + ": " + message});
  }

  const std::string& path_;
  std::map<const Option*, const toml::key*> keys_;  // that have been read
  // toml++ sorts a table by its keys; people and php.ini expect the order of lines.
  std::multimap<Line, Assignment> assignments_;
  std::multimap<Line, Problem> errors_;
  std::vector<Rule> rules_;
  std::vector<Pool> pools_;
  std::vector<std::string> includes_;
};

base::Result<std::string> read_text(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr)
    return base::fail("cannot open " + path + ": " + base::denial_text(path, R_OK, errno) +
                      checks::missing_hint(path));
  struct stat status{};
  if (::fstat(::fileno(file.get()), &status) == 0 && S_ISDIR(status.st_mode))
    return base::fail(path + " is a directory, not a configuration file");
  std::string text;
  std::array<char, 16384> buffer{};
  while (std::feof(file.get()) == 0 && std::ferror(file.get()) == 0) {
    text.append(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file.get()));
    if (text.size() > kMaxFileBytes)
      return base::fail(path + " is larger than 1 MiB: not a configuration file");
  }
  if (std::ferror(file.get()) != 0) return base::fail_errno("cannot read " + path, errno);
  return text;
}

}  // namespace

FileContent read_toml_file(const std::string& path) {
  auto text = read_text(path);
  if (text) {
    FileContent content = parse_toml(*text, path);
    content.text = std::move(*text);
    return content;
  }
  FileContent failed;
  failed.errors.push_back({.message = text.error().message});
  failed.understood = false;
  return failed;
}

FileContent parse_toml(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, std::string_view(path));
  if (parsed) return Reader(path).run(parsed.table());
  const auto& error = parsed.error();
  const TomlMistake mistake =
      explain_toml_error(text, error.source().begin.line, error.description());
  FileContent failed;
  failed.errors.push_back(
      {.message = path + ":" + std::to_string(mistake.line) + ": " + mistake.message});
  failed.understood = false;
  return failed;
}

}  // namespace tusk::config::file
