// Facts: what a PHP tells of itself. Where PHP runs in another process, they come from there.
//
// They need no header of PHP's, so that the code that shows them can be built without libphp.
// Thread: any; a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "php/settings.h"

namespace tusk::exec {
class Engine;
}

namespace tusk::php {

// The configuration files that PHP has read.
struct IniFiles {
  std::string loaded;  // php.ini; empty: none
  std::vector<std::string> scanned;
  std::vector<std::string> directories;  // where it has looked for those
};

// The script that PHP has run when it started (opcache.preload).
struct PreloadFacts {
  std::string script;  // empty: none
  std::string user;    // opcache.preload_user; empty: the user of the process
};

// Whether, and how often, OPcache looks for changes of files (opcache.validate_timestamps,
// opcache.revalidate_freq).
struct CodeValidation {
  bool on = false;
  std::uint64_t seconds = 0;
};

// A mistake in PHP's configuration that does not keep PHP from starting.
struct IniFinding {
  std::string directive;
  std::string message;  // the text after the directive's name
};

struct Facts {
  std::string build;  // the PHP for which an extension must be built: "PHP 8.4, thread-safe"
  // In the text that is made of the directives (php/ini.h).
  std::size_t first_line_of_directives = 1;

  // --- once it has started ---
  std::string name;                      // "PHP 8.4.1 ZTS"
  std::string version;                   // "8.4.1"
  std::string description;               // for the start-up line: "PHP 8.4.1 ZTS, OPcache on"
  std::vector<std::string> start_files;  // exec::Engine::start_files()
  std::vector<std::string> extensions;   // that are loaded, sorted
  IniFiles ini;
  PreloadFacts preload;
  CodeValidation validation;
  std::vector<IniFinding> findings;
  std::vector<std::string> ini_errors;  // a message for each file that PHP cannot read to its end
};

// Needs libphp. `settings` are those that PHP was started with; without an engine it has not
// started. Thread: main, before there are workers.
Facts collect_facts(const Settings& settings, const exec::Engine* engine);

}  // namespace tusk::php
