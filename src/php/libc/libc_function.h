// libc_function: the definition that a function of ours stands in front of.
//
// The executable defines some functions of libc (ARCHITECTURE.md, "Functions of libc that tusk
// replaces"): the dynamic linker looks there first, so PHP and every C library that a script calls
// get ours. On threads that run no scripts ours are libc's.
//
// Thread: any.
#pragma once

#include <dlfcn.h>

namespace tusk::php::libc {

// The next one in the search order: libc's, or that of a sanitizer, which goes on to libc's.
template <class Function>
Function* libc_function(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace tusk::php::libc
