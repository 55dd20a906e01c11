#!/bin/bash
# Builds the packages for another Debian than this machine's, in a root of its own that debootstrap makes once. As root.
# usage: packaging/in-root.sh SUITE [ARGUMENT OF build.sh]...     for example: packaging/in-root.sh trixie
# Creates $TUSK_PREFIX/roots/SUITE.build, with a clone of the commit that is checked out, and build/packages-SUITE, the
# results. The root keeps the packages that building needs, and the compiler's cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=../tools/setup/env.sh
source tools/setup/env.sh

suite=${1:?usage: packaging/in-root.sh SUITE [ARGUMENT OF build.sh]...}
shift
((EUID == 0)) || die "only root can make and enter a root of another Debian"
root="$TUSK_PREFIX/roots/$suite.build" results="$PWD/build/packages-$suite"

if [[ ! -d $root ]]; then
  rm -rf "$root.new"
  mkdir -p "${root%/*}"
  debootstrap --variant=minbase --include=ca-certificates,git,make "$suite" "$root.new"
  # What is installed for the build starts no service.
  printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
  chmod 0755 "$root.new/usr/sbin/policy-rc.d"
  mv -T "$root.new" "$root"
fi

rm -rf "$root/src/tusk" "$results"
mkdir -p "$root/src" "$results"
git clone --quiet --no-hardlinks . "$root/src/tusk"
systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --as-pid2 --pipe --resolv-conf=copy-host \
  --chdir=/src/tusk make package PACKAGE_ARGS="$*"
cp -a "$root/src/tusk/build/packages/." "$results/"
