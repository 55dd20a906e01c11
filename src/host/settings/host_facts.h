// HostFacts: the answer of the program tusk-php-host to the question what its PHP is.
//
// `tusk-php-host facts` reads the settings (host/settings/host_settings.h) from the file
// kSettingsFile, starts PHP, and writes the answer to the file kFactsFile. Needs no libphp. Thread:
// any; a value.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "php/facts.h"

namespace tusk::host::inline settings {

inline constexpr const char* kFactsCommand = "facts";
inline constexpr int kSettingsFile = 3;
inline constexpr int kFactsFile = 4;

struct HostFacts {
  php::Facts php;
  std::string failure;  // why PHP could not start; empty: it could
};

// An object of JSON, written as CBOR: file names need not be UTF-8.
std::string encode_facts(const HostFacts& facts);
// An error: the bytes are no such answer.
base::Result<HostFacts> decode_facts(std::string_view bytes);

}  // namespace tusk::host::inline settings
