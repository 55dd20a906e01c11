// The configuration file that `tusk init` writes.
//
// The Debian package's first /etc/tusk/tusk.toml is the same text for the package's own page; a
// test compares them.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <vector>

#include "console/init/application.h"

namespace tusk::console::init {

struct Site {
  Application application;
  std::vector<std::string> listen;  // as written in the file
  std::string host{};               // empty: any
  std::string certificate{};        // its files; empty: without TLS
  std::string key{};
  // For the Debian package's service: its directories, and the values for production.
  bool service = false;
};

std::string configuration_text(const Site& site);

// The page that the package serves until there is an application.
Site welcome_site();

}  // namespace tusk::console::init
