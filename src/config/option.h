// Option: everything there is to know about one option. The table of them is config/option_table.h;
// flags, environment, file, --help, `tusk config` and docs/configuration.md are all made from it.
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
  kBytes,
  kDuration,
  kString,
  kPath,             // made absolute, against the file that names it or the working directory
  kPathList,         // may be empty
  kOptionalAddress,  // "off": none
  kAddressList,
  kProxyList,  // may be empty
  kTextList,   // may be empty
  kChoice,
  kDirectives,  // name=value, collected by name from all sources
};

// What an option belongs to: the process as a whole, one listening address, or one site (a virtual
// host). The plan that tusk serves by has the same three parts.
enum class Scope { kNotGiven, kProcess, kListener, kSite };

enum class Section { kServing, kTls, kRouting, kPhp, kConnections, kMessages, kFiles, kLogging };

// Where an option's value lives.
using Field =
    std::variant<bool Settings::*, std::uint64_t Settings::*, std::chrono::milliseconds Settings::*,
                 std::string Settings::*, std::optional<Address> Settings::*,
                 std::vector<Address> Settings::*, std::vector<std::string> Settings::*,
                 Preset Settings::*, SymbolicLinks Settings::*, Executor Settings::*,
                 LogFormat Settings::*, LogLevel Settings::*, std::vector<PhpDirective> Settings::*,
                 std::vector<TrustedProxy> Settings::*, HttpsRedirect Settings::*,
                 TlsClientAuth Settings::*, TlsVersion Settings::*, SapiName Settings::*>;

struct Choice {
  std::string_view text;
  int value;           // of the enumeration
  bool listed = true;  // false: understood, but not shown (an alias, or not there yet)
};

struct Option {
  std::string_view name;         // in the file, and in Settings
  std::string_view flag;         // without the two dashes
  char short_flag = '\0';        // without the dash
  std::string_view environment;  // name of the variable
  Section section = Section::kServing;
  Scope scope = Scope::kNotGiven;  // each entry of the table must give one
  Type type = Type::kString;
  Field field;
  std::string_view default_text;

  // Of a count, a size in bytes, a duration in milliseconds, or the length of a text.
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

  char separator = '\0';              // between the elements of a list in its variable
  std::span<const Choice> choices{};  // of a kChoice
  std::string_view placeholder{};     // of the value in --help; empty: by type
  std::string_view automatic{};       // what 0 stands for, when it is replaced by a real value

  bool secret = false;  // never shown, logged or quoted
  bool in_file = true;  // may be set in the file

  std::string_view doc;
};

// Whether a value is a list, which a source of higher rank replaces as a whole.
bool is_list(Type type);

std::string_view title(Section section);

// "process", "listener", "site".
std::string_view to_string(Scope scope);

// "N", "SIZE", "on|off": what stands for the value in --help.
std::string placeholder(const Option& option);

// Of a kChoice: "ext|php|stub".
std::string listed_choices(const Option& option);

}  // namespace tusk::config
