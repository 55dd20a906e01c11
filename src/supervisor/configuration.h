// The part of the configuration that the supervisor needs, and how it is read again.
//
// Thread: the supervisor's only one.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log_level.h"
#include "base/process/identity.h"
#include "config/address.h"
#include "config/effective_values.h"
#include "net/listener.h"

namespace tusk::supervisor {

struct Configuration {
  std::vector<config::Address> listen;
  std::optional<config::Address> internal;  // of the internal server
  net::ListenOptions listen_options;
  net::ListenOptions internal_options;
  std::size_t processes = 1;
  std::size_t workers = 1;       // of each process, with those that may take lost ones' places
  base::Duration drain_delay{};  // before the drain that ends tusk; a reload has none
  base::Duration drain_timeout{};
  base::Duration warm_up_timeout{};  // part of the time that a process may take to start
  base::LogLevel log_level = base::LogLevel::kInfo;
  base::process::UserAndGroup user;    // to whom server processes change
  std::vector<std::string> log_files;  // which are that user's
  std::string crash_directory;         // for files of crash reports; empty: none
  std::string control_socket;          // a path, "auto" or "off"
  // The text of the configuration file, if there is one. Server processes are given this text and
  // do not read the file: one that is started after a crash has the configuration of its
  // generation, whatever the file says by then.
  std::optional<std::string> file_text;
  std::vector<config::EffectiveValue> values;  // of all options, to see what a reload changes
};

// Reads and checks the configuration. Its errors are sentences for the person who runs tusk.
using Loader = std::function<std::expected<Configuration, std::vector<std::string>>()>;
// The same of a file that was read and checked before, by another version of tusk: what is no
// longer right has its default.
using TextLoader = std::function<Configuration(const std::optional<std::string>& file_text)>;

}  // namespace tusk::supervisor
