# Language, warnings, sanitizers and ccache for every target of the project.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(TUSK_FUZZ "build the libFuzzer targets (clang only)" OFF)
option(TUSK_BENCH "build the micro-benchmarks and the harness around libphp alone" OFF)
option(TUSK_PHP "build the PHP engine; off: everything that needs no libphp" ON)
option(TUSK_UNITY "compile groups of files as one: minutes faster from nothing, slower after a change" OFF)
set(TUSK_OPTIMIZATION "-O2 -g" CACHE STRING "the compiler's options of a release that decide how long it takes")
option(TUSK_WERROR "a warning is an error; off for compilers that nobody has tried" ON)
option(TUSK_SPLIT_DEBUG "move the debug information of a release into files beside the programs" ON)
set(TUSK_RUNPATH "" CACHE STRING
  "for packages: where programs look for libphp by its name; empty: they name its path in this machine")
set(TUSK_SANITIZE "" CACHE STRING "sanitizers, e.g. address,undefined or thread")

if(TUSK_UNITY)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "${TUSK_OPTIMIZATION} -DNDEBUG")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# An interface target instead of global flags, so that third-party code is not affected.
add_library(tusk_flags INTERFACE)
target_include_directories(tusk_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(tusk_flags INTERFACE
  -Wall -Wextra -Wconversion -Wnon-virtual-dtor -fno-omit-frame-pointer)
# Someone else's compiler may warn of more, and in a group of files names hide others.
if(NOT TUSK_UNITY)
  target_compile_options(tusk_flags INTERFACE -Wshadow $<$<BOOL:${TUSK_WERROR}>:-Werror>)
else()
  # g++ takes a group for a header, and warns of its classes that use what the group's files keep to themselves.
  target_compile_options(tusk_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
target_compile_definitions(tusk_flags INTERFACE
  TUSK_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tusk_flags INTERFACE -Wthread-safety)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(tusk_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(TUSK_SANITIZE)
  target_compile_options(tusk_flags INTERFACE
    -fsanitize=${TUSK_SANITIZE} -fno-sanitize-recover=all -O1 -g)
  target_link_options(tusk_flags INTERFACE -fsanitize=${TUSK_SANITIZE})
  # g++ 12 sees false positives through the sanitizers' instrumentation.
  target_compile_options(tusk_flags INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # GCC warns that the runtime does not model fences. The only ones, in php/opcache/publication.h, order
  # accesses of atomics, which cannot race.
  if(TUSK_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(tusk_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(TUSK_FUZZ)
  target_compile_options(tusk_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
