// TomlTable: the text of a table in a TOML file, key by key.
//
// Thread: any; a value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/file/toml_string.h"

namespace tusk::config::file {

// Keys are separated by a text of the caller: a line break for a table of its own, ", " within
// braces.
class TomlTable {
 public:
  explicit TomlTable(std::string_view separator) : separator_(separator) {}

  // `value` is written as it is.
  void add(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += separator_;
    text_.append(key).append(" = ").append(value);
  }
  void add_text(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, toml_string(value));
  }
  void add_list(std::string_view key, const std::vector<std::string>& values) {
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : ", ") + toml_string(value);
    if (!values.empty()) add(key, "[" + list + "]");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view separator_;
  std::string text_;
};

}  // namespace tusk::config::file
