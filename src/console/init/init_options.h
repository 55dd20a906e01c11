// The options of `tusk init`.
//
// Thread: any; pure functions.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tusk::console::init {

struct InitOptions {
  std::optional<std::string> root{};    // empty options are asked for
  std::optional<std::string> preset{};  // nothing: recognised
  std::optional<std::string> host{};
  std::vector<std::string> listen{};  // empty: by the certificate
  std::string certificate{};
  std::string key{};
  std::string output{};  // empty: /etc/tusk/tusk.toml, or tusk.toml where that cannot be
  bool yes = false;      // asks nothing
  bool force = false;    // replaces a file
  bool help = false;
};

// `words` begin with "init". An error is every mistake.
std::expected<InitOptions, std::vector<std::string>> read_options(
    std::span<const std::string> words);

// The table of options, for --help.
std::string options_help();

// The whole text of `tusk init --help`.
std::string help_text();

}  // namespace tusk::console::init
