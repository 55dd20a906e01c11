// Names of ICU's functions, which end in its version (U_ICU_ENTRY_POINT_RENAME).
// TUSK_ICU(umsg_open) is umsg_open_72 if PHP imports that, and TUSK_ICU_NAME(umsg_open) is its
// text. src/CMakeLists.txt defines TUSK_ICU_VERSION for the files that define such functions.
//
// Thread: any.
#pragma once

#ifdef TUSK_ICU_VERSION

// NOLINTBEGIN(cppcoreguidelines-macro-usage): the names are made of a number
#define TUSK_JOIN(name, version) name##_##version
#define TUSK_VERSIONED(name, version) TUSK_JOIN(name, version)
#define TUSK_TEXT_OF(name) #name
#define TUSK_TEXT(name) TUSK_TEXT_OF(name)
#define TUSK_ICU(name) TUSK_VERSIONED(name, TUSK_ICU_VERSION)
#define TUSK_ICU_NAME(name) TUSK_TEXT(TUSK_ICU(name))
// NOLINTEND(cppcoreguidelines-macro-usage)

#endif
