#!/bin/bash
# Builds PHP 8.4 ZTS with libphp.so, php, php-fpm, php-config and OPcache from Debian trixie's source
# package, once, and keeps it. PHP_SERIES names another series, whose source package another suite has, and
# PHP_SOURCE a release's tarball. It creates:
#   $TUSK_PREFIX/php-VERSION-RECIPE/   the installation; RECIPE is a hash of configure flags and compiler options
#   $TUSK_PREFIX/php                   symlink to the 8.4 that matches this checkout
#   $TUSK_PREFIX/build/php-VERSION-RECIPE/  the sources, for gdb (objects are removed)
#   $TUSK_PREFIX/downloads, $TUSK_PREFIX/logs/php-*.log
# An interrupted build goes on where it stopped; an unfinished installation never has the final name.
# With PHP_CONFIG=/path/to/php-config in the environment nothing is built: that PHP, 8.2 to 8.5, is checked
# and used.
#
# The source is upstream's release tarball as the package carries it. Debian's patches are left out:
# they adapt PHP to Debian (paths, session clean-up by cron, the system's time zone database instead of
# PHP's own), depend on Debian's layout, and none of them is a fix that upstream lacks.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'USAGE'
usage: tools/setup/php.sh [--update | --rebuild | --print]
  (nothing)   build PHP unless it exists already
  --update    look for a newer release of the series than the one in use, and build it
  --rebuild   remove the unfinished and the finished build of this recipe, and build again
  --print     print the path of the php-config in use and exit (status 1 if there is none)
environment: TUSK_PREFIX, PHP_CONFIG (use this PHP instead), JOBS (default: number of cores),
  PHP_SERIES=8.5 (another series than 8.4; its source package is in Debian's experimental),
  PHP_SOURCE=/path/to/php-VERSION.tar.xz (a release of PHP, where no mirror has the series),
  PHP_LAYOUT=package (the PHP of the package tusk-php8.4: its paths, and extensions in files of their own),
  PHP_DEBUG_INFO=1 (with debug information: gdb shows PHP's lines and variables; takes longer to build)
USAGE
}

php_series=${PHP_SERIES:-8.4}

# Raise this number when the build changes in a way that the lists below do not show.
recipe_revision=2
# The same for PHP_LAYOUT=package alone.
package_revision=1

# Frame pointers: profilers and crash reports see through PHP. No -fno-semantic-interposition and no
# -Bsymbolic: a program that embeds libphp may define libphp's exported functions itself.
php_cflags='-O2 -fno-omit-frame-pointer'
[[ -z ${PHP_DEBUG_INFO:-} ]] || php_cflags+=' -g'

multiarch="$(uname -m)-linux-gnu"

# Every extension is built in, except opcache, which is always a separate file before 8.5.
configure_flags=(
  --enable-zts --enable-embed=shared --enable-fpm --enable-cli --disable-cgi --disable-phpdbg
  --disable-zend-signals             # costs 8 system calls a request, and misbehaves with threads
  --enable-zend-max-execution-timers # max_execution_time per thread
  --disable-debug --without-pear
  "--with-libdir=lib/$multiarch"
  --enable-opcache
  --enable-bcmath --enable-calendar --enable-dba --enable-exif --enable-ftp --enable-intl
  --enable-mbstring --enable-pcntl --enable-shmop --enable-soap --enable-sockets
  --enable-sysvmsg --enable-sysvsem --enable-sysvshm
  --enable-gd --with-freetype --with-jpeg --with-webp
  --enable-mysqlnd --with-mysqli=mysqlnd --with-pdo-mysql=mysqlnd --with-mysql-sock=/run/mysqld/mysqld.sock
  --with-pgsql --with-pdo-pgsql --with-sqlite3 --with-pdo-sqlite
  --with-bz2 --with-curl --with-ffi --with-gettext --with-gmp --with-ldap --with-ldap-sasl
  --with-libedit --with-libxml --with-openssl --with-password-argon2 --with-sodium --with-tidy
  --with-xsl --with-zip --with-zlib
)

# It is always a part of PHP since 8.5.
if [[ $php_series != 8.[0-4] ]]; then
  for at in "${!configure_flags[@]}"; do
    [[ ${configure_flags[at]} != --enable-opcache ]] || unset "configure_flags[$at]"
  done
fi

# Where the installation looks for itself; empty: where it is.
installed_as=
ini_dir=
if [[ ${PHP_LAYOUT:-} == package ]]; then
  installed_as=/usr/lib/tusk/php$php_series
  ini_dir=/etc/tusk/php$php_series
  # A file for each extension whose symbols no other one, and no part of tusk, refers to.
  separate='calendar dba exif ftp intl pcntl shmop soap sockets sysvmsg sysvsem sysvshm gd mysqli pdo-mysql pgsql
    pdo-pgsql sqlite3 pdo-sqlite bz2 curl ffi gettext gmp ldap sodium tidy xsl zip'
  for at in "${!configure_flags[@]}"; do
    [[ ${configure_flags[at]} =~ ^--(enable|with)-([a-z0-9-]+)(=(.*))?$ ]] || continue
    [[ " ${separate//$'\n'/ } " != *" ${BASH_REMATCH[2]} "* ]] ||
      configure_flags[at]="--${BASH_REMATCH[1]}-${BASH_REMATCH[2]}=shared${BASH_REMATCH[4]:+,${BASH_REMATCH[4]}}"
  done
fi

recipe_hash() {
  {
    printf '%s\n' "$recipe_revision${installed_as:+ $package_revision}" "$php_cflags" "${installed_as:-$TUSK_PREFIX}" \
      "${configure_flags[@]}"
    uname -m
  } | sha256sum | cut -c1-8
}

# check_php PHP_CONFIG: prints what tusk needs and this PHP lacks; nothing if it is usable.
check_php() {
  local config=$1 prefix version
  [[ -x $config ]] || { say "$config is not an executable file"; return; }
  version=$("$config" --version 2>/dev/null) || { say "$config --version fails"; return; }
  version=${version%%$'\n'*}
  [[ $version == 8.[2-5].* ]] || say "it is PHP $version; 8.2, 8.3, 8.4 or 8.5 is needed"
  prefix=$("$config" --prefix)
  libphp_of "$config" >/dev/null ||
    say "no libphp.so or libphp${version%.*}.so in $prefix/lib: its embed SAPI is missing (--enable-embed=shared;" \
      "in Debian the package libphp${version%.*}-embed)"
  [[ -f $("$config" --include-dir)/main/php.h ]] || say "its headers are missing: $("$config" --include-dir)/main/php.h"
}

# The library's path. Debian's has the version in its name. cmake/Php.cmake looks at the same places.
libphp_of() {
  local prefix version dir name
  prefix=$("$1" --prefix)
  version=$("$1" --version)
  for dir in "$prefix/lib" "$prefix/lib64" "$prefix/lib/$multiarch"; do
    for name in "libphp${version%.*}.so" libphp.so; do
      [[ -e $dir/$name ]] && printf '%s\n' "$dir/$name" && return
    done
  done
  return 1
}

# "ZTS" or "NTS", as the headers say.
thread_safety_of() {
  if grep -q '^#define ZTS 1' "$("$1" --include-dir)/main/php_config.h"; then say ZTS; else say NTS; fi
}

opcache_of() { printf '%s/opcache.so\n' "$("$1" --extension-dir)"; }

report() {
  local config=$1 prefix
  prefix=$("$config" --prefix)
  say "PHP $("$config" --version) $(thread_safety_of "$config"): $prefix"
  say "  php-config $config"
  say "  libphp     $(libphp_of "$config")"
  if [[ $("$config" --version) == 8.5.* ]]; then
    say "  opcache    in libphp"
  elif [[ -e $(opcache_of "$config") ]]; then
    say "  opcache    $(opcache_of "$config")"
  else
    warn "no $(opcache_of "$config"): without OPcache every request compiles its scripts"
  fi
}

use_given() {
  local problems
  problems=$(check_php "$PHP_CONFIG")
  [[ -z $problems ]] || die "PHP_CONFIG=$PHP_CONFIG cannot be used:"$'\n'"  ${problems//$'\n'/$'\n'  }"
  report "$PHP_CONFIG"
}

# The finished installation of this recipe with the highest version, if any.
finished() {
  local dir
  dir=$(for dir in "$TUSK_PREFIX/php-$php_series".*-"$(recipe_hash)"; do
    [[ -f $dir/.complete ]] && printf '%s\n' "$dir"
  done | sort -V | tail -n 1)
  [[ -n $dir ]] && printf '%s\n' "$dir"
}

# The version of the newest build of this recipe that was interrupted, if any: it needs no network.
unfinished() {
  local dir
  dir=$(printf '%s\n' "$TUSK_PREFIX/build/php-$php_series".*-"$(recipe_hash)" | sort -V | tail -n 1)
  [[ -d $dir && ! -f $TUSK_PREFIX/${dir##*/}/.complete ]] || return 1
  dir=${dir##*/php-}
  printf '%s\n' "${dir%-*}"
}

select_php() {
  [[ -z $installed_as && $php_series == 8.4 ]] || return 0
  [[ $(readlink "$TUSK_PREFIX/php" 2>/dev/null) == "${1##*/}" ]] && return
  ln -sfn "${1##*/}" "$TUSK_PREFIX/php.new"
  mv -T "$TUSK_PREFIX/php.new" "$TUSK_PREFIX/php"
}

# The files compiled so far, and how long the rest takes if it goes on as in this run (the first, which are slow,
# say little about that).
compile_progress() {
  local now files
  now=$(compiled_files)
  files=$(grep -c '^-include .*\.dep$' "$build/Makefile")
  printf '%s of %s files compiled' "$now" "$files"
  if ((now >= compiled_before + 50 && files > now)); then
    printf ', about %s left' "$(elapsed $(((SECONDS - compile_start) * (files - now) / (now - compiled_before))))"
  fi
}
compiled_files() { find "$build" -name '*.lo' | wc -l; }

configure_php() {
  local build=$1 prefix=$2 cc=gcc cxx=g++
  if command -v ccache >/dev/null; then cc='ccache gcc' cxx='ccache g++'; fi
  # A cache does not make configure's thousand small programs faster.
  export CCACHE_DISABLE=1
  local flags=$php_cflags
  # A package does not depend on where, when and on which machine it was built.
  if [[ -n $installed_as ]]; then
    flags+=" -ffile-prefix-map=$build=/usr/src/php"
    export PHP_UNAME=Linux
  fi
  cd "$build"
  ./configure -q --prefix="${installed_as:-$prefix}" --with-config-file-path="${ini_dir:-$prefix/etc}" \
    --with-config-file-scan-dir="${ini_dir:-$prefix/etc}/conf.d" "${configure_flags[@]}" \
    CC="$cc" CXX="$cxx" CFLAGS="$flags" CXXFLAGS="$flags"
  [[ -z $installed_as ]] || sed -i "s|$build|/usr/src/php|g" main/build-defs.h scripts/php-config
  # PHP's Makefile compiles each file twice, for libphp.so and for the programs. One object for both,
  # position-independent, takes half of the time.
  sed -i -E -e '/^LIBTOOL = /s/$/ --tag=disable-static/' -e '/^BUILD_(CLI|FPM) = /s/:\.lo=\.o\)/)/g' Makefile
  [[ $(grep -cE '^(LIBTOOL = .* --tag=disable-static|BUILD_(CLI|FPM) = .*PHP_GLOBAL_OBJS\))' Makefile) == 3 ]]
  touch .configured
}

# The largest file, which takes a minute, is begun first: the others are compiled beside it.
compile_php() {
  # PHP's own date of its build: that of its sources.
  if [[ -n $installed_as ]]; then
    SOURCE_DATE_EPOCH=$(stat -c %Y "$1/main/main.c")
    export SOURCE_DATE_EPOCH
  fi
  # ccache compares headers by the compiler's list of them, which spares running the preprocessor.
  CCACHE_DEPEND=1 nice make -C "$1" -j "$2" Zend/zend_execute.lo all
}

# The suite of Debian whose PHP is of the series, if one is known.
suite_of_series() {
  case $php_series in
    8.4) say trixie ;;
    *) say experimental ;;
  esac
}

# The version that a release's tarball has.
version_of_source() {
  tar -xOf "$1" --wildcards --no-wildcards-match-slash '*/main/php_version.h' |
    sed -n 's/^#define PHP_VERSION "\(.*\)"$/\1/p'
}

unpack_php() {
  local tarball=$1 build=$2
  rm -rf "$build" "$build.new"
  mkdir -p "$build.new"
  tar -xf "$tarball" -C "$build.new" --strip-components=1
  mv "$build.new" "$build"
}

# Installs into a staging tree on the same file system, stamps it and renames it, so that a tree with the
# final name is complete.
install_php() {
  local build=$1 prefix=$2 stage="$1.stage" tree
  tree="$stage${installed_as:-$prefix}"
  rm -rf "$stage"
  make -C "$build" install INSTALL_ROOT="$stage"
  test -x "$tree/bin/php" -a -x "$tree/sbin/php-fpm" -a -x "$tree/bin/php-config"
  test -f "$tree/lib/libphp.so"
  cp "$build/php.ini-production" "$build/LICENSE" "$build/README.REDIST.BINS" "$tree/"
  cp "$build/Zend/LICENSE" "$tree/LICENSE.Zend"
  # Whoever compiles with it needs the headers where they are.
  [[ -z $installed_as ]] || sed -i "s|$installed_as|$prefix|g" "$tree/bin/php-config"
  printf '%s\n' "${configure_flags[@]}" "CFLAGS=$php_cflags" >"$tree/.complete"
  rm -rf "$prefix"
  mv -T "$tree" "$prefix"
  rm -rf "$stage"
}

# gdb needs the sources; the objects are not needed.
strip_build() {
  find "$1" \( -name '*.o' -o -name '*.lo' -o -name '*.la' -o -name '*.so' -o -name '*.phpt' \) -delete
  find "$1" -depth -type d -name .libs -exec rm -rf {} +
  rm -rf "$1"/sapi/cli/php "$1"/sapi/fpm/php-fpm "$1"/modules "$1"/libs
}

build_php() {
  local version build prefix tarball jobs=${JOBS:-$(nproc)} log start=$SECONDS
  log="$log_dir/php-$(date +%Y%m%d-%H%M%S).log"
  mkdir -p "$log_dir" "$TUSK_PREFIX/build"
  say "PHP $php_series ZTS, built once (5 minutes on 2 cores); log: $log"
  if [[ -n ${PHP_SOURCE:-} ]]; then
    version=$(version_of_source "$PHP_SOURCE")
    [[ $version == "$php_series".* ]] || die "$PHP_SOURCE is no release of PHP $php_series: ${version:-it names no version}"
  elif [[ ${1:-} == --update ]] || ! version=$(unfinished); then
    step "$log" 'download the source' "$setup_dir/debian.sh" --suite "$(suite_of_series)" source \
      "$TUSK_PREFIX/downloads" "php$php_series=$php_series"
    version=$(tail -n 1 "$log")
    version=${version%%-*}
  fi
  tarball=${PHP_SOURCE:-$TUSK_PREFIX/downloads/php${php_series}_$version.orig.tar.xz}
  prefix="$TUSK_PREFIX/php-$version-$(recipe_hash)"
  build="$TUSK_PREFIX/build/${prefix##*/}"
  if [[ -f $prefix/.complete ]]; then say "  PHP $version exists already"; select_php "$prefix"; return; fi
  [[ -d $build || -f $tarball ]] || die "there is no $tarball"
  [[ -d $build ]] || step "$log" "unpack PHP $version" unpack_php "$tarball" "$build"
  [[ -f $build/.configured ]] || step "$log" 'configure' configure_php "$build" "$prefix"
  local compile_start=$SECONDS compiled_before
  compiled_before=$(compiled_files)
  step_progress=compile_progress
  step "$log" "compile with $jobs jobs" compile_php "$build" "$jobs"
  step_progress=
  step "$log" 'install' install_php "$build" "$prefix"
  select_php "$prefix"
  strip_build "$build"
  say "  built in $(elapsed $((SECONDS - start)))"
}

main() {
  local prefix
  case ${1:-} in
    '' | --update | --rebuild | --print) ;;
    -h | --help) usage; return ;;
    *) usage >&2; exit 2 ;;
  esac
  if [[ -n ${PHP_CONFIG:-} ]]; then
    if [[ ${1:-} == --print ]]; then say "$PHP_CONFIG"; else use_given; fi
    return
  fi
  if [[ ${1:-} == --print ]]; then
    prefix=$(finished) || exit 1
    say "$prefix/bin/php-config"
    return
  fi
  if [[ -z ${1:-} ]] && prefix=$(finished); then select_php "$prefix"; report "$prefix/bin/php-config"; return; fi
  # The script is called from make, and from shells with other tool chains in PATH: neither may affect the build.
  unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CXXFLAGS CPPFLAGS LDFLAGS PKG_CONFIG_PATH PHPRC PHP_INI_SCAN_DIR
  export PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH" LC_ALL=C.UTF-8
  umask 022
  lock php
  if [[ ${1:-} == --rebuild ]]; then
    rm -rf "$TUSK_PREFIX/php-$php_series".*-"$(recipe_hash)" "$TUSK_PREFIX/build/php-$php_series".*-"$(recipe_hash)"*
  fi
  if [[ ${1:-} == --update ]] || ! finished >/dev/null; then build_php "$@"; fi
  prefix=$(finished) || die "PHP was built, but the installation is incomplete"
  select_php "$prefix"
  report "$prefix/bin/php-config"
}
main "$@"
