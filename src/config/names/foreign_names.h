// What other servers, and PHP, call things: a name of theirs in tusk's configuration gets the
// answer that belongs to it and not the name that looks most alike.
//
// Thread: any; constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tusk::config::names {

struct ForeignName {
  std::string_view name;
  std::string_view option;  // the option's name in the file; empty: there is none
  std::string_view note;    // a sentence, where there is none
};

// nginx's, Apache's, PHP-FPM's and other application servers'.
std::span<const ForeignName> foreign_names();

// What there is to say of a name that is no option's and has none that answers it: that it is
// php.ini's, or that tusk has no such thing. "; ...", or nothing.
std::string note_on(std::string_view written);

}  // namespace tusk::config::names
