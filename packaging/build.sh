#!/bin/bash
# Builds the Debian packages for the Debian that it runs on (12 or 13), from the commit that is checked out.
# usage: packaging/build.sh [--threads] [--version VERSION] [--uncommitted] [--quick]
#   --threads      tusk-php8.4, too, with a PHP that is built once for it
#   --version      the packages' version without the ending that names the Debian (default: of CMakeLists.txt, and
#                  of the commit if it has no tag)
#   --uncommitted  take the files as they are now, for trying
#   --quick        compile with -O1 and without debug information, in half of the time, for trying
# Creates build/package (the sources with debian/, and what is compiled) and build/packages (the results).
# Two runs for the same commit and version in the same directory make the same programs of tusk, byte for byte.
# The .deb files as a whole, and runs in different directories, have not been compared.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD
# shellcheck source=../tools/setup/env.sh
source tools/setup/env.sh

threads='' version='' uncommitted='' quick=''
while (($# > 0)); do
  case $1 in
    --threads) threads=1 ;;
    --version) version=${2:?--version needs a value}; shift ;;
    --uncommitted) uncommitted=1 ;;
    --quick) quick=1 ;;
    *) sed -n '3,9s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
  shift
done

# The Debian that this is, its PHP, and its service type: notify-reload needs systemd 253.
# shellcheck disable=SC1091
debian=$(. /etc/os-release && printf '%s%s' "$ID" "${VERSION_ID:-}")
case $debian in
  debian12) php=8.2 suffix=+deb12 distribution=bookworm service_type='Type=notify\nExecReload=/usr/bin/tusk reload' ;;
  debian13) php=8.4 suffix=+deb13 distribution=trixie service_type='Type=notify-reload' ;;
  *) die "packages are built on Debian 12 or 13; this is '$debian'" ;;
esac
api=$("php-config$php" --phpapi)
priority=${php/./}
date=$(git log -1 --format=%cd --date=format:%Y%m%d%H%M%S)
if [[ -z $version ]]; then
  version=$(sed -n 's/^project(tusk VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  [[ $(git tag --points-at HEAD) == "v$version" ]] || version+="~git$date.$(git rev-parse --short=10 HEAD)"
fi
version+=$suffix

stage="$PWD/build/package/source" results="$PWD/build/packages"
# From nothing each time: the compiler's cache makes a second build quick.
rm -rf "${stage%/*}"
rm -rf "$results"
mkdir -p "$stage" "$results"
if [[ -n $uncommitted ]]; then
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ ! -e $file ]] || printf '%s\0' "$file"
  done | tar --null -T - -cf - | tar -xf - -C "$stage"
else
  git archive HEAD | tar -xf - -C "$stage"
fi

cp -r "$stage/packaging/debian" "$stage/debian"
cd "$stage/debian"
[[ -z $threads ]] || cat control.threads.in >>control.in
for file in *.in; do
  sed -i "s|@PHP@|$php|g; s|@API@|$api|g; s|@PRIORITY@|$priority|g; s|@TYPE@|$service_type|" "$file"
  name=${file%.in}
  mv "$file" "${name/tusk-engine./tusk-engine-php$php.}"
done
rm -f control.threads
# Debian 13's lintian has no such tag, and refuses to be told of it.
[[ $debian == debian12 ]] || sed -i '/package-supports-alternative-init/d' tusk.lintian-overrides
sed -i "s|@PHP@|$php|g" rules
printf 'tusk (%s) %s; urgency=medium\n\n  * Built from commit %s.\n\n -- %s  %s\n' "$version" "$distribution" \
  "$(git -C "$repository" rev-parse --short=10 HEAD)" "$(sed -n 's/^Maintainer: //p' control)" \
  "$(git -C "$repository" log -1 --format=%cD)" >changelog
cd ..

export DEB_BUILD_PROFILES="${threads:+pkg.tusk.threads}" TUSK_OPTIMIZATION="${quick:+-O1 -g0}"
[[ -z $quick ]] || export DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-} noautodbgsym"
[[ ! -f $LLHTTP_ROOT/include/llhttp.h ]] || export LLHTTP_ROOT
if [[ -n $threads ]]; then
  env -u PHP_CONFIG PHP_LAYOUT=package "$repository/tools/setup/php.sh"
  THREADS_PHP_CONFIG=$(env -u PHP_CONFIG PHP_LAYOUT=package "$repository/tools/setup/php.sh" --print)
  export THREADS_PHP_CONFIG
fi
dpkg-buildpackage --build=binary --no-sign --no-check-builddeps
mv ../*.deb "$results/"
mv ../*.buildinfo ../*.changes "$results/"
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning --display-info "$results"/*.changes
fi
ls -l "$results"
