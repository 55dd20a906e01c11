// Extensions that are known not to be safe under threads: the only table of them, a line "name|why"
// each. tusk-ext reads this file, too. An extension is here because its makers or PHP's manual say
// so, or because a crash is known that every build for threads has. docs/extensions.md says what
// was tried.
#pragma once

#include <string_view>

namespace tusk::app {

inline constexpr std::string_view kUnsafeExtensions = R"(
grpc|its own threads allocate memory of PHP without belonging to a thread of PHP; calls crash
imap|its library, c-client, keeps state of the process; PHP's manual says not to use threads
newrelic|its makers build and support it only for PHP without threads
pcov|each request sets and takes back the engine's hook that compiles files, which all threads share; includes crash
pthreads|it works on the command line only, and has no successor for servers
)";

}  // namespace tusk::app
