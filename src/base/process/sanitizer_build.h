// TUSK_SANITIZER_BUILD: whether a sanitizer is built into this program. It has its own handlers of
// fatal signals and its own wrappers of libc's functions, which ours must not replace.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TUSK_SANITIZER_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define TUSK_SANITIZER_BUILD 1
#endif
#endif
#ifndef TUSK_SANITIZER_BUILD
#define TUSK_SANITIZER_BUILD 0
#endif
