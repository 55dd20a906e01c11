# Third-party libraries. All are Debian 12's packages, except llhttp and PHP, which `make deps` and
# `make php` put below TUSK_PREFIX.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_package(GTest REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)
find_package(OpenSSL 3.0 REQUIRED)
add_library(tusk_asio INTERFACE)
target_link_libraries(tusk_asio INTERFACE Boost::boost Threads::Threads)

# Libraries that compress, and for the tests libraries that decompress.
pkg_check_modules(BROTLIENC REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
add_library(tusk_encoders INTERFACE)
target_link_libraries(tusk_encoders INTERFACE
  PkgConfig::BROTLIENC PkgConfig::ZSTD PkgConfig::ZLIB PkgConfig::LIBDEFLATE)
add_library(tusk_decoders INTERFACE)
target_link_libraries(tusk_decoders INTERFACE PkgConfig::BROTLIDEC PkgConfig::ZSTD PkgConfig::ZLIB)

set(TUSK_PREFIX "$ENV{HOME}/.cache/tusk" CACHE PATH "where make deps and make php put what they built")
set(LLHTTP_ROOT "${TUSK_PREFIX}/llhttp" CACHE PATH "prefix of llhttp 9.2")
set(PHP_CONFIG "${TUSK_PREFIX}/php/bin/php-config" CACHE FILEPATH "php-config of a PHP 8.2 to 8.5 with embed")

find_path(LLHTTP_INCLUDE llhttp.h PATHS "${LLHTTP_ROOT}/include" NO_DEFAULT_PATH REQUIRED)
find_library(LLHTTP_LIBRARY NAMES libllhttp.a llhttp PATHS "${LLHTTP_ROOT}/lib" NO_DEFAULT_PATH REQUIRED)
add_library(llhttp UNKNOWN IMPORTED)
set_target_properties(llhttp PROPERTIES
  IMPORTED_LOCATION "${LLHTTP_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${LLHTTP_INCLUDE}")

if(TUSK_PHP)
  include(Php)
endif()
