#include "config/flags.h"

#include <algorithm>
#include <optional>

#include "config/names/suggestion.h"
#include "config/option_table.h"
#include "config/value.h"

namespace tusk::config {
namespace {

class Parser {
 public:
  Parser(std::span<const std::string> args, std::span<const Switch> switches)
      : args_(args), switches_(switches) {}

  Flags run() && {
    while (next_ < args_.size()) {
      const std::string_view arg = args_[next_++];
      if (arg == "--") {
        for (; next_ < args_.size(); ++next_) result_.positionals.push_back(args_[next_]);
      } else if (arg.starts_with("--")) {
        take_long(arg.substr(2));
      } else if (arg.size() > 1 && arg.front() == '-') {
        take_short(arg);
      } else {
        take_positional(arg);
      }
    }
    return std::move(result_);
  }

 private:
  void take_long(std::string_view body) {
    const std::size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = body.substr(equals + 1);

    const std::string written = "--" + std::string(name);
    if (const Option* option = find_by_flag(name)) {
      take_option(*option, written, value);
    } else if (const Option* negated = find_negated(name); negated != nullptr && !value) {
      assign(*negated, written, "off");
    } else if (const auto found = std::ranges::find(switches_, name, &Switch::flag);
               found != switches_.end()) {
      take_switch(*found, written, value);
    } else {
      unknown(written);
    }
  }

  void take_short(std::string_view arg) {
    const char letter = arg[1];
    std::optional<std::string_view> value;
    if (arg.size() > 2) value = arg.substr(arg[2] == '=' ? 3 : 2);
    const std::string written(arg.substr(0, 2));
    if (const Option* option = find_by_short_flag(letter)) {
      take_option(*option, written, value);
    } else if (const auto found = std::ranges::find(switches_, letter, &Switch::short_flag);
               found != switches_.end()) {
      take_switch(*found, written, value);
    } else {
      unknown(std::string(arg.substr(0, arg.find('='))));
    }
  }

  void take_option(const Option& option, const std::string& written,
                   std::optional<std::string_view> value) {
    if (option.type == Type::kBool) {
      assign(option, written, value.value_or("on"));
      previous_bool_ = next_;
      return;
    }
    if (!value && next_ < args_.size() && !looks_like_flag(args_[next_])) value = args_[next_++];
    if (!value) {
      error(written + " needs a value: " + written + " " + placeholder(option));
      return;
    }
    assign(option, written, *value);
  }

  void take_switch(const Switch& found, const std::string& written,
                   std::optional<std::string_view> value) {
    result_.switches.emplace_back(found.flag);
    if (found.value == Switch::Value::kNone) {
      if (value) error("--" + std::string(found.flag) + " takes no value");
      return;
    }
    if (!value && next_ < args_.size() && !looks_like_flag(args_[next_])) value = args_[next_++];
    if (!value) return error(written + " needs a value");
    if (found.value == Switch::Value::kMany) {
      result_.lists[std::string(found.flag)].emplace_back(*value);
    } else {
      result_.values.insert_or_assign(std::string(found.flag), std::string(*value));
    }
  }

  void take_positional(std::string_view arg) {
    // "--access-log on" is an error: the value of an on/off option is never a separate word,
    // because "tusk --access-log check" would be ambiguous.
    const bool after_bool = previous_bool_ == next_ - 1 && next_ > 1;
    if (after_bool && parse_bool(arg)) {
      const std::string& flag = args_[next_ - 2];
      error(flag + " " + std::string(arg) + ": write " + flag + "=" + std::string(arg));
      return;
    }
    result_.positionals.emplace_back(arg);
  }

  void assign(const Option& option, const std::string& written, std::string_view value) {
    std::vector<std::string> texts;
    // A directive is not split: its value may contain the separator.
    if (is_list(option.type)) {
      texts = split_list(value, option.separator);
    } else {
      texts.emplace_back(value);
    }
    auto& assignments = result_.assignments;
    const auto given = std::ranges::find(assignments, &option, &Assignment::option);
    const bool collects = is_list(option.type) || option.type == Type::kDirectives;
    if (given == assignments.end()) {
      assignments.push_back({.option = &option,
                             .origin = {.kind = Origin::Kind::kFlag, .where = written},
                             .texts = std::move(texts)});
    } else if (collects) {
      given->texts.insert(given->texts.end(), texts.begin(), texts.end());
    } else {
      given->origin.where = written;
      given->texts = std::move(texts);
    }
  }

  static const Option* find_negated(std::string_view name) {
    if (!name.starts_with("no-")) return nullptr;
    const Option* option = find_by_flag(name.substr(3));
    return option != nullptr && option->type == Type::kBool ? option : nullptr;
  }

  // If a value is missing, the next flag must not be taken for it; "-1" and "-" may be values.
  static bool looks_like_flag(std::string_view arg) {
    if (arg.starts_with("--")) return true;
    return arg.size() == 2 && arg.front() == '-' && find_by_short_flag(arg[1]) != nullptr;
  }

  void unknown(const std::string& written) {
    std::vector<names::Name> names = names::names_answered_by_flag();
    for (const Switch& known : switches_) {
      const std::string flag(known.flag);
      names.push_back({.known = flag, .answer = "--" + flag});
    }
    error("unknown option " + written + names::option_hint(written, names));
    // The next argument is most likely its value: do not report it as a second error.
    if (next_ < args_.size() && !args_[next_].starts_with('-')) ++next_;
  }

  void error(std::string message) { result_.errors.push_back({.message = std::move(message)}); }

  std::span<const std::string> args_;
  std::span<const Switch> switches_;
  std::size_t next_ = 0;
  std::optional<std::size_t> previous_bool_;  // next_ just after an on/off flag
  Flags result_;
};

}  // namespace

Flags parse_flags(std::span<const std::string> args, std::span<const Switch> switches) {
  return Parser(args, switches).run();
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  constexpr std::string_view kBlank = " \t";
  std::vector<std::string> elements;
  while (true) {
    std::size_t end = 0;
    // A glob such as *.{bak,old} is one element.
    for (int depth = 0; end < text.size(); ++end) {
      if (text[end] == '{') ++depth;
      if (text[end] == '}') --depth;
      if (text[end] == separator && depth <= 0) break;
    }
    std::string_view element = text.substr(0, end);
    element.remove_prefix(std::min(element.find_first_not_of(kBlank), element.size()));
    element = element.substr(0, element.find_last_not_of(kBlank) + 1);
    if (!element.empty()) elements.emplace_back(element);
    if (end == text.size()) return elements;
    text.remove_prefix(end + 1);
  }
}

}  // namespace tusk::config
