// What a PHP finds out about the files of the list, after it has started in a process of its own.
//
// Thread: main of that process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "php/preload/list/selection.h"

namespace tusk::php {
class Runtime;
}

namespace tusk::php::preload {

// How a start of PHP with a list of files went.
struct Trial {
  bool is_used = false;           // PHP has preloaded the files
  std::string configured_script;  // opcache.preload in php.ini; then the files are not
  std::map<std::string, std::uint64_t> memory_bytes;  // by path
};

// The classes and functions of each file.
Facts collect_facts(Runtime& runtime, const std::vector<std::string>& files);
// How much of OPcache's memory each script has; empty: OPcache does not say.
std::map<std::string, std::uint64_t> script_memory(Runtime& runtime);

// To tell the process that has forked this one. A failure is decoded as an error.
std::string encode_failure(const std::string& reason);
std::string encode(const Facts& facts);
base::Result<Facts> decode_facts(const std::string& text);
std::string encode(const Trial& trial);
base::Result<Trial> decode_trial(const std::string& text);

}  // namespace tusk::php::preload
