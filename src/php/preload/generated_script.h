// The script that preloads files (opcache.preload), which tusk makes itself when it starts PHP.
//
// Owner: the process. Thread: main, while PHP starts.
#pragma once

#include <string>
#include <vector>

namespace tusk::php::preload {

class LinkNotes;

// What this start of PHP preloads.
struct Arrangement {
  enum class Kind {
    kAsConfigured,  // what php.ini says
    kNothing,       // nothing, whatever php.ini says
    kFiles,         // `files`, unless php.ini names a script
  };
  Kind kind = Kind::kAsConfigured;
  std::vector<std::string> files;
  LinkNotes* notes = nullptr;  // null: nobody asks what cannot be linked
};

// The script is no file: PHP gets its text when it opens the name below. It calls
// opcache_compile_file() for each file, so nothing of the application runs. PHP's configuration
// looks as before when PHP has started.
class GeneratedScript {
 public:
  static constexpr const char* kName = "tusk:preload";

  // Before PHP starts, until it has started.
  explicit GeneratedScript(Arrangement arrangement);
  ~GeneratedScript();
  GeneratedScript(const GeneratedScript&) = delete;
  GeneratedScript& operator=(const GeneratedScript&) = delete;

  // Call it when modules have started, before OPcache looks for a script.
  static void install() noexcept;

  // After the start. The script that php.ini names; empty: none.
  const std::string& configured_script() const;
  // Whether this start has used the script that tusk has made.
  bool is_used() const;
};

}  // namespace tusk::php::preload
