#include "config/field.h"

#include <algorithm>
#include <type_traits>

#include "base/check.h"
#include "config/names/suggestion.h"
#include "config/value.h"

namespace tusk::config {
namespace {

constexpr std::string_view kOff = "off";
constexpr std::string_view kOn = "on";

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

std::string number_text(std::uint64_t number, Type type) {
  if (type == Type::kBytes) return format_bytes(number);
  if (type == Type::kRatio) return format_ratio(number);
  if (type == Type::kDuration)
    return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(number)));
  return std::to_string(number);
}

base::Result<void> check_range(const Option& option, std::string_view text, std::uint64_t number) {
  if (number >= option.min && number <= option.max) return {};
  return base::fail(quoted(text) + " is out of range: from " +
                    number_text(option.min, option.type) + " to " +
                    number_text(option.max, option.type));
}

base::Result<void> check_length(const Option& option, std::string_view text) {
  if (text.empty() && option.min > 0) return base::fail("must not be empty");
  if (text.size() > option.max)
    return base::fail("is longer than " + std::to_string(option.max) + " bytes");
  return {};
}

base::Result<int> parse_choice(const Option& option, std::string_view text) {
  const auto found = std::ranges::find(option.choices, lower(text), &Choice::text);
  if (found != option.choices.end()) return found->value;
  std::vector<names::Name> names;
  for (const Choice& choice : option.choices) {
    if (choice.listed) names.push_back({std::string(choice.text), std::string(choice.text)});
  }
  return base::fail(quoted(text) + " is not one of " + listed_choices(option) +
                    names::did_you_mean(text, names));
}

std::string_view choice_text(const Option& option, int value) {
  const auto found = std::ranges::find(option.choices, value, &Choice::value);
  return found == option.choices.end() ? std::string_view() : found->text;
}

base::Result<Address> parse_address_at(std::string_view text, std::string_view base_directory) {
  auto address = parse_address(text);
  if (!address || address->kind != Address::Kind::kUnix || address->is_abstract()) return address;
  // Parse it again: the absolute path may be too long for a socket.
  return parse_address("unix:" + absolute_path(address->path, base_directory));
}

base::Result<ListenAddress> parse_listen_address_at(std::string_view text,
                                                    std::string_view base_directory) {
  auto listener = parse_listen_address(text);
  if (!listener) return listener;
  auto address =
      parse_address_at(to_string(static_cast<const Address&>(*listener)), base_directory);
  if (!address) return std::unexpected(address.error());
  static_cast<Address&>(*listener) = std::move(*address);
  return listener;
}

// "a.b", or "a.b[key]", an element of an array in php.ini.
bool is_directive_name(std::string_view name) {
  const auto plain = [](std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '.' || c == '-';
    });
  };
  if (!name.ends_with(']')) return plain(name);
  const std::size_t bracket = name.find('[');
  return bracket != std::string_view::npos && plain(name.substr(0, bracket)) &&
         plain(name.substr(bracket + 1, name.size() - bracket - 2));
}

base::Result<PhpDirective> parse_directive(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return base::fail(quoted(text) + " is not name=value");
  const std::string_view name = text.substr(0, equals);
  if (!is_directive_name(name))
    return base::fail(quoted(name) + " is not the name of a php.ini directive");
  return PhpDirective{.name = std::string(name), .value = std::string(text.substr(equals + 1))};
}

// Directives that php.ini may have several times, each adding an element (php_ini_parser_cb(),
// main/php_ini.c).
bool collects(std::string_view name) {
  const std::string word = lower(name);
  return word == "extension" || word == "zend_extension";
}

void put(std::vector<PhpDirective>& directives, PhpDirective directive) {
  const auto same = collects(directive.name)
                        ? std::ranges::find(directives, directive)
                        : std::ranges::find(directives, directive.name, &PhpDirective::name);
  if (same == directives.end()) {
    directives.push_back(std::move(directive));
  } else {
    same->value = std::move(directive.value);
  }
}

// Gives a parsed value to `target`, or returns its error.
template <class T, class Target>
base::Result<void> store(base::Result<T> value, Target target) {
  if (!value) return std::unexpected(std::move(value.error()));
  target(std::move(*value));
  return {};
}

// assign() for each type that a field can have.
struct Assign {
  Settings& settings;
  const Option& option;
  std::string_view text;
  std::string_view base_directory;

  base::Result<void> operator()(bool Settings::* field) const {
    return store(parse_bool(text), [&](bool value) { settings.*field = value; });
  }

  base::Result<void> operator()(std::uint64_t Settings::* field) const {
    const auto value = option.type == Type::kBytes   ? parse_bytes(text)
                       : option.type == Type::kRatio ? parse_ratio(text)
                                                     : parse_count(text);
    if (!value) return std::unexpected(value.error());
    if (auto in_range = check_range(option, text, *value); !in_range) return in_range;
    settings.*field = *value;
    return {};
  }

  base::Result<void> operator()(std::chrono::milliseconds Settings::* field) const {
    const auto value = parse_duration(text);
    if (!value) return std::unexpected(value.error());
    const auto ms = static_cast<std::uint64_t>(value->count());
    if (auto in_range = check_range(option, text, ms); !in_range) return in_range;
    settings.*field = *value;
    return {};
  }

  base::Result<void> operator()(std::string Settings::* field) const {
    if (auto fits = check_length(option, text); !fits) return fits;
    settings.*field = option.type == Type::kPath && !text.empty()
                          ? absolute_path(text, base_directory)
                          : std::string(text);
    return {};
  }

  base::Result<void> operator()(std::optional<Address> Settings::* field) const {
    if (text == kOff) {
      settings.*field = std::nullopt;
      return {};
    }
    return store(parse_address_at(text, base_directory),
                 [&](Address value) { settings.*field = std::move(value); });
  }

  // An option of a listener, which a comma has separated from its address, follows that address.
  base::Result<void> operator()(std::vector<ListenAddress> Settings::* field) const {
    if (const auto listener_option = split_listener_option(text)) {
      if ((settings.*field).empty())
        return base::fail(quoted(text) + " must follow the address that it is for");
      return add_option((settings.*field).back(), *listener_option);
    }
    return store(parse_listen_address_at(text, base_directory),
                 [&](ListenAddress value) { (settings.*field).push_back(std::move(value)); });
  }

  base::Result<void> operator()(std::vector<std::string> Settings::* field) const {
    if (auto fits = check_length(option, text); !fits) return fits;
    (settings.*field)
        .push_back(option.type == Type::kPathList ? absolute_path(text, base_directory)
                                                  : std::string(text));
    return {};
  }

  base::Result<void> operator()(std::vector<TrustedProxy> Settings::* field) const {
    return store(parse_trusted_proxy(text),
                 [&](TrustedProxy value) { (settings.*field).push_back(value); });
  }

  base::Result<void> operator()(std::vector<TrustedHeader> Settings::* field) const {
    return store(parse_trusted_header(text),
                 [&](TrustedHeader value) { (settings.*field).push_back(value); });
  }

  base::Result<void> operator()(std::vector<PhpDirective> Settings::* field) const {
    return store(parse_directive(text),
                 [&](PhpDirective value) { put(settings.*field, std::move(value)); });
  }

  template <class Enum>
    requires std::is_enum_v<Enum>
  base::Result<void> operator()(Enum Settings::* field) const {
    return store(parse_choice(option, text),
                 [&](int value) { settings.*field = static_cast<Enum>(value); });
  }
};

std::vector<std::string> one(std::string text) {
  std::vector<std::string> texts;
  texts.push_back(std::move(text));
  return texts;
}

}  // namespace

base::Result<void> assign(Settings& settings, const Option& option, std::string_view text,
                          std::string_view base_directory) {
  const bool printable = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!printable) return base::fail("has a control character");
  return std::visit(
      Assign{
          .settings = settings, .option = option, .text = text, .base_directory = base_directory},
      option.field);
}

void clear_list(Settings& settings, const Option& option) {
  std::visit(
      [&](auto field) {
        using Value = std::remove_cvref_t<decltype(settings.*field)>;
        if constexpr (std::is_same_v<Value, std::vector<ListenAddress>> ||
                      std::is_same_v<Value, std::vector<std::string>> ||
                      std::is_same_v<Value, std::vector<TrustedProxy>> ||
                      std::is_same_v<Value, std::vector<TrustedHeader>>) {
          (settings.*field).clear();
        }
      },
      option.field);
}

std::vector<std::string> element_texts(const Settings& settings, const Option& option) {
  return std::visit(Overloaded{
      [&](bool Settings::* field) { return one(std::string(settings.*field ? kOn : kOff)); },
      [&](std::uint64_t Settings::* field) {
        return one(number_text(settings.*field, option.type));
      },
      [&](std::chrono::milliseconds Settings::* field) {
        return one(format_duration(settings.*field));
      },
      [&](std::string Settings::* field) { return one(settings.*field); },
      [&](std::optional<Address> Settings::* field) {
        const auto& address = settings.*field;
        return one(address ? to_string(*address) : std::string(kOff));
      },
      [&](std::vector<ListenAddress> Settings::* field) {
        std::vector<std::string> texts;
        for (const ListenAddress& listener : settings.*field) texts.push_back(to_string(listener));
        return texts;
      },
      [&](std::vector<std::string> Settings::* field) { return settings.*field; },
      [&](std::vector<TrustedProxy> Settings::* field) {
        std::vector<std::string> texts;
        for (const TrustedProxy& proxy : settings.*field) texts.push_back(to_string(proxy));
        return texts;
      },
      [&](std::vector<TrustedHeader> Settings::* field) {
        std::vector<std::string> texts;
        for (const TrustedHeader header : settings.*field) texts.emplace_back(to_string(header));
        return texts;
      },
      [&](std::vector<PhpDirective> Settings::* field) {
        std::vector<std::string> texts;
        for (const PhpDirective& directive : settings.*field)
          texts.push_back(directive.name + "=" + directive.value);
        return texts;
      },
      [&]<class Enum>(Enum Settings::* field)
        requires std::is_enum_v<Enum>
      { return one(std::string(choice_text(option, static_cast<int>(settings.*field)))); },
      },
      option.field);
}

std::string value_text(const Settings& settings, const Option& option) {
  std::string text;
  bool first = true;
  for (const std::string& element : element_texts(settings, option)) {
    if (!first) text += ", ";
    text += element;
    first = false;
  }
  return text;
}

std::string absolute_path(std::string_view path, std::string_view base_directory) {
  while (path.starts_with("./")) {
    path.remove_prefix(2);
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  }
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path.starts_with('/')) return std::string(path);
  std::string result(base_directory);
  if (path.empty() || path == ".") return result.empty() ? "." : result;
  if (!result.empty() && !result.ends_with('/')) result += '/';
  return result + std::string(path);
}

}  // namespace tusk::config
