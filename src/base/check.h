// TUSK_CHECK: ends the process, naming the place, when a condition does not hold.
//
// Thread: any. It is for broken invariants only, that is, for programming errors. A failure that a
// peer or the environment can cause is a value (base/result.h).
#pragma once

#include <source_location>

namespace tusk::base {

[[noreturn]] void check_failed(const char* condition, std::source_location where);

}  // namespace tusk::base

#define TUSK_CHECK(condition)   \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::tusk::base::check_failed(#condition, std::source_location::current()))
