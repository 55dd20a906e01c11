// Names that other servers and PHP use. If one is in tusk's configuration, the answer is the option
// that means the same, and not the name that looks most alike.
//
// Thread: any; constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tusk::config::names {

struct ForeignName {
  std::string_view name;
  std::string_view option;  // the option's name in the file; empty: tusk has no such option
  std::string_view note;    // a sentence, where there is no option
};

// nginx's, Apache's, PHP-FPM's and other application servers'.
std::span<const ForeignName> foreign_names();

// A note on a name that no option corresponds to: it is php.ini's, or tusk has no such thing.
// "; ...", or an empty text.
std::string note_on(std::string_view written);

}  // namespace tusk::config::names
