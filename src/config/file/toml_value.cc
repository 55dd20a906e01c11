#include "config/file/toml_value.h"

#include <array>
#include <charconv>

namespace tusk::config::file {
namespace {

std::string number_text(double number) {
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return error == std::errc() ? std::string(buffer.data(), end) : "nan";
}

// php.ini writes booleans as 1 and 0.
std::optional<std::string> directive_text(const toml::node& node) {
  if (const auto* boolean = node.as_boolean()) return std::string(boolean->get() ? "1" : "0");
  return scalar_text(node);
}

class DirectiveReader {
 public:
  DirectiveReader(const Report& error,
                  const std::function<std::string(const std::string& name)>& reserved,
                  const std::function<void(const Directive&)>& take)
      : error_(error), reserved_(reserved), take_(take) {}

  void read(const std::string& outer, const toml::table& table) const {
    for (const auto& [key, node] : table) {
      const std::string name = outer + std::string(key.str());
      const toml::source_index line = key.source().begin.line;
      const std::string refusal = outer.empty() ? reserved_(name) : std::string();
      if (!refusal.empty()) {
        error_(line, refusal);
      } else if (const toml::table* inner = node.as_table()) {
        read(name + ".", *inner);
      } else if (const toml::array* list = node.as_array()) {  // extension = ["a", "b"]
        for (const toml::node& element : *list) add(line, name, element);
      } else {
        add(line, name, node);
      }
    }
  }

 private:
  void add(toml::source_index line, const std::string& name, const toml::node& node) const {
    const auto text = directive_text(node);
    if (!text) return error_(line, name + " must be text, a number or true or false");
    take_({.line = line, .name = name, .text = name + "=" + *text});
  }

  const Report& error_;
  const std::function<std::string(const std::string& name)>& reserved_;
  const std::function<void(const Directive&)>& take_;
};

}  // namespace

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return number_text(number->get());
  if (const auto* boolean = node.as_boolean())
    return std::string(boolean->get() ? "true" : "false");
  return std::nullopt;
}

void read_directives(const toml::table& table, const Report& error,
                     const std::function<std::string(const std::string& name)>& reserved,
                     const std::function<void(const Directive&)>& take) {
  DirectiveReader(error, reserved, take).read("", table);
}

}  // namespace tusk::config::file
