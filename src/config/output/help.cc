#include "config/output/help.h"

#include <algorithm>

#include "config/environment.h"
#include "config/option_table.h"
#include "config/output/reference.h"

namespace tusk::config::output {
namespace {

constexpr std::size_t kTextColumn = 30;

struct ShortOption {
  std::string_view name;
  std::string_view value;  // of the flag, shorter than its placeholder
  std::string_view doc;
};
constexpr ShortOption kShortOptions[] = {
    {"config_file", "FILE", "Configuration file, in TOML"},
    {"document_root", "DIR", "Directory to serve; default: the current one"},
    {"listen", "ADDR", "Where to serve: :80, 127.0.0.1:8080, unix:/path"},
    {"preset", "NAME", "For an application: wordpress, laravel ..."},
    {"fallback", "SCRIPT", "What answers pretty URLs: /index.php"},
    {"tls_cert", "FILE", "Certificate chain; addresses then speak TLS"},
    {"tls_key", "FILE", "Its private key"},
    {"php_workers", "N", "How many scripts run at a time (one per core)"},
    {"request_timeout", "TIME", "How long a script may run: 30s, 5m"},
    {"php_ini", "FILE", "The php.ini to use"},
    {"php", "NAME=VALUE", "A directive of php.ini: memory_limit=256M"},
    {"access_log", "", "Log each request"},
    {"log_level", "LEVEL", "trace, debug, info, warn, error or off"},
};

std::string flag_names(const Option& option) {
  return (option.short_flag != '\0' ? std::string("-") + option.short_flag + ", " : "    ") + "--" +
         std::string(option.flag);
}

// The flag, in the column where those without a short form begin, too.
std::string left_column(const Option& option) {
  return std::string(option.short_flag == '\0' ? 6 : 2, ' ') + flag_usage(option);
}

// "drain_timeout = TIME".
std::string file_usage(const Option& option) {
  if (!option.in_file) return "not in the file";
  if (option.type == Type::kDirectives)
    return "[" + std::string(option.name) + "], then name = value";
  const std::string value =
      option.type == Type::kBool ? std::string("true or false") : placeholder(option);
  return std::string(option.name) + " = " + (is_list(option.type) ? "[" + value + ", ...]" : value);
}

std::string_view value_forms(Type type) {
  switch (type) {
    case Type::kBytes:
      return "SIZE is like 65536, 64K, 10MiB or 1G; 1K is 1024.";
    case Type::kDuration:
      return "TIME is like 30 (seconds), 500ms, 5m, 1h30m or 7d.";
    case Type::kPath:
    case Type::kPathList:
      return "A relative path begins at the working directory; in the file, at the file's own.";
    default:
      return "";
  }
}

// Names that are accepted and not shown elsewhere.
std::string other_names(const Option& option) {
  std::string names(option.environment == own_name(option) ? "" : option.environment);
  std::string key(option.flag);
  std::ranges::replace(key, '-', '_');
  const bool is_key = option.in_file && find_by_key(key) != nullptr;
  if (is_key && key != option.name) names += (names.empty() ? "" : ", ") + key + " in the file";
  return names;
}

}  // namespace

std::string two_columns(const std::string& left, std::string_view right, std::size_t column) {
  std::string text = wrap(right, column);
  if (left.size() + 2 > column) return left + "\n" + text;
  return left + text.substr(left.size());
}

std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result;
  std::string line;
  const auto end_line = [&] {
    if (line.empty()) return;
    result += std::string(indent, ' ') + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) end_line();
    if (!line.empty()) line += ' ';
    line += word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  end_line();
  return result;
}

std::string flag_usage(const Option& option) {
  std::string usage;
  if (option.short_flag != '\0') usage += std::string("-") + option.short_flag + ", ";
  usage += "--" + std::string(option.flag);
  if (option.type == Type::kBool) return usage + "[=" + placeholder(option) + "]";
  return usage + " " + placeholder(option);
}

std::string default_shown(const Option& option) {
  if (option.default_text.empty()) return "none";
  std::string text(option.default_text);
  if (!option.automatic.empty()) text += " (" + std::string(option.automatic) + ")";
  return text;
}

std::string_view first_sentence(std::string_view text) {
  for (std::size_t end = text.find(". "); end != std::string_view::npos;
       end = text.find(". ", end + 1)) {
    const std::string_view sentence = text.substr(0, end + 1);
    if (!sentence.ends_with("i.e.") && !sentence.ends_with("e.g.")) return sentence;
  }
  return text;
}

std::string short_help_options() {
  constexpr std::size_t kColumn = 30;
  std::string text;
  for (const ShortOption& shown : kShortOptions) {
    std::string left = "  " + flag_names(option_named(shown.name));
    if (!shown.value.empty()) left.append(" ").append(shown.value);
    text += two_columns(left, shown.doc, kColumn);
  }
  return text;
}

std::string group_help(const OptionGroup& group) {
  std::string text = std::string(group.title) + ": " + std::string(group.doc) + "\n\n";
  for (const Option& option : group.options) {
    std::string right(first_sentence(option.doc));
    if (!option.default_text.empty()) right += " [" + default_shown(option) + "]";
    text += two_columns(left_column(option), right, kTextColumn);
  }
  return text;
}

std::string option_help(const Option& option) {
  constexpr std::size_t kIndent = 4;
  constexpr std::size_t kColumn = 18;
  std::string text = flag_usage(option) + "\n" + wrap(option.doc, kIndent);
  const std::string_view forms = value_forms(option.type);
  if (!forms.empty()) text += wrap(forms, kIndent);
  text += "\n";
  const auto add = [&](std::string_view what, std::string_view value) {
    if (!value.empty())
      text += two_columns(std::string(kIndent, ' ') + std::string(what), value, kColumn);
  };
  add("in the file", file_usage(option));
  add("variable", own_name(option));
  add("default", default_shown(option));
  const std::string range = range_shown(option);
  if (!range.empty()) add("range", std::string_view(range).substr(1));
  if (option.type == Type::kBool) add("to turn it off", "--no-" + std::string(option.flag));
  add("scope", to_string(option.scope));
  if (option.in_place) add("reload", "changes in place, without new server processes");
  add("also known", other_names(option));
  add("more", "tusk help " + std::string(group_of(option).word));
  return text;
}

std::string help_options() {
  std::string text;
  for (const OptionGroup& group : option_groups()) {
    text += "\n" + std::string(group.title) + "\n";
    for (const Option& option : group.options) {
      text += two_columns(left_column(option), option.doc, kTextColumn);
      text +=
          wrap("[" + own_name(option) + ", default " + default_shown(option) + "]", kTextColumn);
    }
  }
  return text;
}

}  // namespace tusk::config::output
