// Which of the recorded files PHP preloads.
//
// Thread: any; pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "php/preload/list/preload_list.h"

namespace tusk::php::preload::inline list {

// What PHP's compiler says of a file.
struct FileFacts {
  std::string obstacle{};            // why it cannot be preloaded; empty: it can
  std::vector<std::string> names{};  // classes, as they are written, and functions: "name()"
  // Classes that its own classes need, and that PHP does not have itself, in lower case.
  std::vector<std::string> needs{};
};

using Facts = std::map<std::string, FileFacts, std::less<>>;      // by path
using Reasons = std::map<std::string, std::string, std::less<>>;  // by path

// A file that fewer of the sampled requests have used is left out: one of so many.
inline constexpr std::uint64_t kRarest = 100;

// Sets the state of each file of the list, and its names. Left out is
//
//   - a request's own script, and a file that fewer than one in kRarest requests use;
//   - a file with an obstacle, or that is in `refused`, by experience;
//   - a file that declares a name that another recorded file declares, too;
//   - a file whose classes need one that is not preloaded.
void choose(PreloadList& list, const Facts& facts, const Reasons& refused);

}  // namespace tusk::php::preload::inline list
