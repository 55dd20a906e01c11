// TUSK_CHECK: a programmer's error ends the process with the place it was found at.
//
// Thread: any. For broken invariants only: what a peer or the environment can cause is a value
// (base/result.h), never a check.
#pragma once

#include <source_location>

namespace tusk::base {

[[noreturn]] void check_failed(const char* condition, std::source_location where);

}  // namespace tusk::base

#define TUSK_CHECK(condition)   \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::tusk::base::check_failed(#condition, std::source_location::current()))
