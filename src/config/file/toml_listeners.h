// Reads an address of `listen` that is a table, with options for this listener alone:
//
//   [[listen]]
//   address = "127.0.0.1:8081"
//   proxy_protocol = false
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/file/toml_value.h"

namespace tusk::config::file {

// The address and then its options, each as --listen takes it (config/listen_address.h). Nothing if
// there are mistakes, which were reported.
std::optional<std::vector<std::string>> read_listener(const toml::table& table,
                                                      const Report& error);

}  // namespace tusk::config::file
