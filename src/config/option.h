// Option: the description of an option.
//
// Thread: any; constant data.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/settings.h"

namespace tusk::config {

enum class Type {
  kBool,
  kCount,
  kRatio,  // from 0 to 1, kept in millionths
  kBytes,
  kDuration,
  kString,
  kPath,             // made absolute: relative to the file that names it, or the working directory
  kPathList,         // may be empty
  kOptionalAddress,  // "off" means none
  kAddressList,
  kProxyList,   // may be empty
  kHeaderList,  // may be empty
  kTextList,    // may be empty
  kChoice,
  kDirectives,  // name=value; all sources are merged by name
};

// The part of the server that an option belongs to: the process, one listening address, or one site
// (a virtual host). app/plan/ has the same three parts.
enum class Scope { kNotGiven, kProcess, kListener, kSite };

enum class Section {
  kServing,
  kTls,
  kRouting,
  kPhp,
  kConnections,
  kMessages,
  kFiles,
  kLogging,
  kDevelopment
};

// The member of Settings that holds an option's value.
using Field =
    std::variant<bool Settings::*, std::uint64_t Settings::*, std::chrono::milliseconds Settings::*,
                 std::string Settings::*, std::optional<Address> Settings::*,
                 std::vector<ListenAddress> Settings::*, std::vector<std::string> Settings::*,
                 Preset Settings::*, SymbolicLinks Settings::*, Executor Settings::*,
                 WorkerKind Settings::*, ScriptMode Settings::*, Seccomp Settings::*,
                 Preload Settings::*, LogFormat Settings::*, LogLevel Settings::*,
                 std::vector<PhpDirective> Settings::*, std::vector<TrustedProxy> Settings::*,
                 std::vector<TrustedHeader> Settings::*, HttpsRedirect Settings::*,
                 TlsClientAuth Settings::*, TlsVersion Settings::*, SapiName Settings::*,
                 PriorityPrefix Settings::*, TraceContext Settings::*>;

struct Choice {
  std::string_view text;
  int value;           // the enumerator
  bool listed = true;  // false: accepted, but not shown (an alias)
};

// The whole description of one option. All options are in config/option_table.h. Flags,
// environment, file, --help, `tusk config` and docs/configuration.md are made from it.
struct Option {
  std::string_view name;         // the key in the file, and the member of Settings
  std::string_view flag;         // without the two dashes
  char short_flag = '\0';        // without the dash
  std::string_view environment;  // name of the variable
  Section section = Section::kServing;
  Scope scope = Scope::kNotGiven;  // each entry of the table must give one
  Type type = Type::kString;
  Field field;
  std::string_view default_text;

  // Range of a count, of a size in bytes, of a duration in milliseconds, or of the length of a
  // text.
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

  char separator = '\0';              // between the elements of a list in the variable
  std::span<const Choice> choices{};  // with kChoice
  std::string_view placeholder{};     // for the value in --help; empty: chosen by type
  std::string_view automatic{};       // which value replaces 0; empty: 0 stays 0

  bool secret = false;  // the value is never shown, logged or quoted
  bool in_file = true;  // can be set in the file
  // A reload that changes only such options starts no new generation: the server processes take the
  // new values while they serve (app/plan/live_settings.h).
  bool in_place = false;

  std::string_view doc;
};

// Whether the value is a list. A source of higher rank replaces a list as a whole.
bool is_list(Type type);

std::string_view title(Section section);

// "process", "listener", "site".
std::string_view to_string(Scope scope);

// "N", "SIZE", "on|off": the placeholder for the value in --help.
std::string placeholder(const Option& option);

// "ext|php|stub", for kChoice.
std::string listed_choices(const Option& option);

}  // namespace tusk::config
