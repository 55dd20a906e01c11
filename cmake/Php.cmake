# libphp, as PHP_CONFIG says: the target `libphp`, and
#   PHP_PREFIX                      where it is installed
#   PHP_LIBRARY, PHP_LIBRARY_NAME   its path, and the name that programs linked to it ask for
#   PHP_THREAD_SAFETY               zts or nts: the ending of the sources that are only for such a PHP
#   TUSK_ICU_VERSION                the version in the names of ICU's functions, if PHP uses ICU: in libphp
#                                   (then TUSK_ICU_LINKED is ON), or in an extension intl.so
function(ask_php_config option variable)
  execute_process(COMMAND "${PHP_CONFIG}" ${option} OUTPUT_VARIABLE answer
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "${answer}" PARENT_SCOPE)
endfunction()

if(NOT EXISTS "${PHP_CONFIG}")
  message(FATAL_ERROR "PHP_CONFIG=${PHP_CONFIG} does not exist: run `make php`, or name another php-config")
endif()
ask_php_config(--version php_version)
ask_php_config(--prefix PHP_PREFIX)
ask_php_config(--include-dir php_include_dir)
ask_php_config(--includes php_includes)
if(NOT php_version MATCHES "^(8\\.[2-5])\\.")
  message(FATAL_ERROR "${PHP_CONFIG} is of PHP ${php_version}; tusk is built with PHP 8.2, 8.3, 8.4 or 8.5")
endif()
set(php_series "${CMAKE_MATCH_1}")

# Debian's library has the version in its name. One of another version in the same folder is not taken.
find_library(PHP_LIBRARY NAMES php${php_series} php NAMES_PER_DIR NO_DEFAULT_PATH
  PATHS "${PHP_PREFIX}/lib" "${PHP_PREFIX}/lib64" "${PHP_PREFIX}/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
if(NOT PHP_LIBRARY)
  message(FATAL_ERROR "There is no libphp.so or libphp${php_series}.so below ${PHP_PREFIX}/lib: "
    "PHP ${php_version} of ${PHP_CONFIG} lacks the embed SAPI. Debian has it in libphp${php_series}-embed; "
    "PHP's sources need --enable-embed=shared.")
endif()
execute_process(COMMAND "${CMAKE_NM}" -D -S "${PHP_LIBRARY}"
  OUTPUT_VARIABLE php_symbols COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${PHP_LIBRARY}"
  OUTPUT_VARIABLE php_dynamic COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "SONAME +([^ \n]+)" php_soname "${php_dynamic}")
set(PHP_LIBRARY_NAME "${CMAKE_MATCH_1}")
ask_php_config(--extension-dir php_extension_dir)
set(icu_pattern "umsg_open_([0-9]+)")
if(php_symbols MATCHES "${icu_pattern}")
  set(TUSK_ICU_VERSION "${CMAKE_MATCH_1}")
  set(TUSK_ICU_LINKED ON)
elseif(EXISTS "${php_extension_dir}/intl.so")
  execute_process(COMMAND "${CMAKE_NM}" -D "${php_extension_dir}/intl.so"
    OUTPUT_VARIABLE intl_symbols COMMAND_ERROR_IS_FATAL ANY)
  if(intl_symbols MATCHES "${icu_pattern}")
    set(TUSK_ICU_VERSION "${CMAKE_MATCH_1}")
  endif()
endif()

# The headers and the library must be of one build.
file(STRINGS "${php_include_dir}/main/php_config.h" php_zts REGEX "^#define ZTS 1")
if(php_zts)
  set(PHP_THREAD_SAFETY zts)
else()
  set(PHP_THREAD_SAFETY nts)
endif()
if(php_symbols MATCHES " tsrm_get_ls_cache\n")
  set(php_library_safety zts)
else()
  set(php_library_safety nts)
endif()
if(NOT php_library_safety STREQUAL PHP_THREAD_SAFETY)
  message(FATAL_ERROR "${PHP_LIBRARY} is ${php_library_safety}, but the headers in ${php_include_dir} are "
    "${PHP_THREAD_SAFETY}")
endif()
message(STATUS "PHP ${php_version} ${PHP_THREAD_SAFETY}: ${PHP_LIBRARY}")

add_library(libphp SHARED IMPORTED)
set_target_properties(libphp PROPERTIES IMPORTED_LOCATION "${PHP_LIBRARY}" IMPORTED_NO_SONAME ON)
# PHP's headers cause warnings, so they are included as system headers.
string(REGEX MATCHALL "-I[^ ]+" php_includes "${php_includes}")
list(TRANSFORM php_includes REPLACE "^-I" "")
target_include_directories(libphp SYSTEM INTERFACE ${php_includes})
# php/compatibility/versions.h compares.
if(php_symbols MATCHES "[0-9a-f]+ ([0-9a-f]+) [BD] basic_globals\n")
  target_compile_definitions(libphp INTERFACE TUSK_PHP_BASIC_GLOBALS_BYTES=0x${CMAKE_MATCH_1})
endif()
find_program(PATCHELF patchelf REQUIRED)
