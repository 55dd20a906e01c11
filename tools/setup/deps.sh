#!/bin/bash
# Installs the Debian 12 packages that are missing, and fetches llhttp. Does nothing, in a moment, if
# nothing is missing. Groups are the files packages.GROUP beside this script.
# Creates $TUSK_PREFIX/llhttp, and with the groups bench and test $TUSK_PREFIX/nginx, with test
# $TUSK_PREFIX/prometheus, $TUSK_PREFIX/haproxy and $TUSK_PREFIX/postgresql-15 too, with debian-php
# $TUSK_PREFIX/php8.2-fpm.
#
# Needs root or sudo only when a package is missing. No package in the lists brings a service that
# Debian would start: mariadb-server-core has only the programs; nginx, prometheus, HAProxy, PostgreSQL
# and PHP-FPM are unpacked and not installed (otherwise a policy-rc.d or a mask in the system would be
# needed to prevent their start).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
all_groups=(build php debian-php test browser bench check format package docs)

usage() {
  cat <<USAGE
usage: tools/setup/deps.sh [GROUP...]
groups: ${all_groups[*]} (default: all of them)
USAGE
}

packages_of() { sed 's/#.*//; s/[[:space:]]//g; /^$/d' "${@/#/$setup_dir/packages.}" | as_named_here | sort -u; }

# The lists have Debian 12's names; Debian 13 has others for these.
as_named_here() {
  # shellcheck disable=SC1091
  if [[ $(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_ID:-}") == 13 ]]; then
    sed 's/^libboost1\.81-dev$/libboost-dev/; s/^\(lib\)\{0,1\}php8\.2-/\1php8.4-/'
  else
    cat
  fi
}

# missing PACKAGE...: prints those that are not installed, with one call that needs no root.
missing() {
  # shellcheck disable=SC2016 # the format is dpkg-query's
  comm -13 <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u) <(printf '%s\n' "$@")
}

# Sets $as_root to the command that runs another as root, or fails with the line that root has to run.
find_root() {
  as_root=(env)
  ((EUID == 0)) && return
  if command -v sudo >/dev/null; then
    if [[ -t 0 ]]; then as_root=(sudo env); return; fi
    if sudo -n true 2>/dev/null; then as_root=(sudo -n env); return; fi
  fi
  die "Debian packages are missing, and there is neither root nor sudo. As root, run:
  apt-get update && apt-get install --no-install-recommends $*"
}

# Does two things that apt-get update does not: it waits for another run, and it goes on when one of
# the system's other sources is unreachable (the installation shows whether our packages are available).
update_lists() {
  local try
  for try in 1 2 3 4 5 6; do
    "${as_root[@]}" apt-get -q update && return
    ((try == 6)) || sleep 10
    say "apt-get update failed; trying again"
  done
  say "going on with the package lists as they are"
}

apt_get_install() {
  update_lists
  "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install "$@"
}

warn_if_not_debian_12() {
  local name
  # shellcheck disable=SC1091
  name=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}") || true
  [[ $name == 'debian 12' ]] || warn "made for Debian 12; this is '$name', where packages may differ"
}

install_missing() {
  local -a wanted lacking
  local log
  mapfile -t wanted < <(packages_of "$@")
  mapfile -t lacking < <(missing "${wanted[@]}")
  ((${#lacking[@]} > 0)) || return 0
  warn_if_not_debian_12
  find_root "${lacking[@]}"
  log="$log_dir/deps-$(date +%Y%m%d-%H%M%S).log"
  say "${#lacking[@]} of ${#wanted[@]} Debian packages are missing; log: $log"
  say "  ${lacking[*]}"
  # Asks for the password here, where the prompt is visible.
  [[ ${as_root[0]} != sudo ]] || "${as_root[@]}" true
  step "$log" 'apt-get install' apt_get_install "${lacking[@]}"
  mapfile -t lacking < <(missing "${wanted[@]}")
  ((${#lacking[@]} == 0)) || die "still missing after the installation: ${lacking[*]}"
}

# unpack PACKAGE PROGRAM: unpacks the Debian package into $TUSK_PREFIX/PACKAGE, unless the program is
# installed. (Installed, it would start a service.)
unpack() {
  local package=$1 program=$2 dir="$TUSK_PREFIX/$1"
  [[ ! -x $dir/$program && ! -x /$program ]] || return 0
  PATH="$PATH:/usr/sbin" command -v "${program##*/}" >/dev/null && return
  rm -rf "$dir" "$dir.new"
  mkdir -p "$dir.new"
  (cd "$dir.new" && { download "$package" || { find_root; update_lists; download "$package"; }; } &&
    dpkg -x "$package"_*.deb . && rm "$package"_*.deb) ||
    die "could not download the package $package; is 'apt-get update' needed?"
  mv -T "$dir.new" "$dir"
  say "$package unpacked into $dir (not installed, so that no service starts)"
}

download() { apt-get -qq -o APT::Sandbox::User= download "$1"; }

main() {
  local -a groups=("$@")
  local group fpm version
  case ${1:-} in -h | --help) usage; return ;; esac
  ((${#groups[@]} > 0)) || groups=("${all_groups[@]}")
  for group in "${groups[@]}"; do
    [[ -f $setup_dir/packages.$group ]] || { usage >&2; exit 2; }
  done
  install_missing "${groups[@]}"
  for group in "${groups[@]}"; do
    case $group in
      build) "$setup_dir/llhttp.sh" ;;
      debian-php)
        fpm=$(as_named_here <<<php8.2-fpm) version=${fpm#php} version=${version%-fpm}
        unpack "$fpm" "usr/sbin/php-fpm$version" # with which tests compare Debian's PHP
        ;;
      bench) unpack nginx usr/sbin/nginx ;; # with which `make bench` compares
      test)
        unpack nginx usr/sbin/nginx # for the differential tests
        unpack prometheus usr/bin/promtool
        unpack haproxy usr/sbin/haproxy # for tests/fleet
        unpack postgresql-15 usr/lib/postgresql/15/bin/initdb # for the tests of resident_doctor
        ;;
    esac
  done
}
main "$@"
