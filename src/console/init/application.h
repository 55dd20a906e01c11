// Application: what kind of PHP application a directory has, for `tusk init`.
//
// Thread: main. It looks for files by name, and reads none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tusk::console::init {

struct Application {
  std::string name;                // for people: "WordPress", "PHP scripts"
  std::string preset;              // empty: none
  std::string document_root;       // absolute: the part of the directory that is public
  std::string front_controller{};  // a script that answers all paths, without a preset; or empty
};

// The application in `directory`, which may also be the public part of its project. Nothing: the
// directory has neither a script nor a page.
std::optional<Application> recognise(const std::string& directory);

// The same for a preset that a person has named: only the public part is looked for.
Application with_preset(std::string_view preset, const std::string& directory);

}  // namespace tusk::console::init
