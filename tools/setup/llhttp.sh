#!/bin/bash
# Unpacks llhttp 9.2 from Debian trixie into $TUSK_PREFIX/llhttp as include/llhttp.h and
# lib/libllhttp.{a,so}; nothing is installed. Debian 12's own llhttp 8.1 accepts bare CRs.
# Does nothing if it exists already.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

header_version() {
  sed -n 's/^#define LLHTTP_VERSION_\(MAJOR\|MINOR\|PATCH\) *\([0-9]*\)$/\2/p' "$1" | paste -sd.
}

fetch() {
  local new="$LLHTTP_ROOT.new" lib
  rm -rf "$new"
  "$setup_dir/debian.sh" unpack "$new/deb" libllhttp-dev libllhttp9.2
  for lib in "$new"/deb/usr/lib/*/libllhttp.*; do mkdir -p "$new/lib" && mv "$lib" "$new/lib/"; done
  mv "$new/deb/usr/include" "$new/include"
  rm -rf "$new/deb"
  [[ $(header_version "$new/include/llhttp.h") == 9.[2-9].* ]] ||
    die "trixie has llhttp $(header_version "$new/include/llhttp.h"), not 9.2"
  rm -rf "$LLHTTP_ROOT"
  mv -T "$new" "$LLHTTP_ROOT"
}

[[ ! -f $LLHTTP_ROOT/include/llhttp.h ]] || exit 0
lock llhttp
[[ ! -f $LLHTTP_ROOT/include/llhttp.h ]] || exit 0
fetch
say "llhttp $(header_version "$LLHTTP_ROOT/include/llhttp.h"): $LLHTTP_ROOT"
