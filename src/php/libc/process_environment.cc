#include "php/libc/process_environment.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <unistd.h>

namespace tusk::php::libc {

namespace {

// Variables that only some requests set; each request overwrites all others.
constexpr std::string_view kOfSomeRequests[] = {"HTTPS",     "PATH_INFO",       "PATH_TRANSLATED",
                                                "AUTH_TYPE", "ORIG_PATH_INFO",  "argv",
                                                "argc",      "ORIG_SCRIPT_NAME"};
constexpr std::string_view kPrefixesOfSomeRequests[] = {"HTTP_", "PHP_AUTH_", "SSL_", "REDIRECT_"};

bool is_of_a_request(std::string_view name) {
  return std::ranges::find(kOfSomeRequests, name) != std::end(kOfSomeRequests) ||
         std::ranges::any_of(kPrefixesOfSomeRequests,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<EnvironmentVariable>& variables() {
  static std::vector<EnvironmentVariable> captured;
  return captured;
}

}  // namespace

void capture_process_environment() {
  variables().clear();
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    const std::string_view name = entry.substr(0, equals);
    if (is_of_a_request(name)) continue;
    variables().push_back({std::string(name), std::string(entry.substr(equals + 1))});
  }
}

const std::vector<EnvironmentVariable>& process_environment() { return variables(); }

}  // namespace tusk::php::libc
