// libc_function: finds the definition that one of our functions replaces.
//
// The executable defines some functions of libc (ARCHITECTURE.md, "Functions of libc that tusk
// replaces"): the dynamic linker looks there first, so PHP and every C library that a script calls
// get ours. On threads that run no scripts our functions behave as libc's.
//
// Thread: any.
#pragma once

#include <dlfcn.h>

namespace tusk::php::libc {

// The next definition in the search order: libc's, or a sanitizer's, which calls libc's.
template <class Function>
Function* libc_function(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace tusk::php::libc
