#!/bin/bash
# Installs the generator of the documentation site, mkdocs with mkdocs-material, in the versions that
# tools/docs/requirements.txt pins, into a virtual environment. Does nothing if it is there already.
# Creates $TUSK_PREFIX/mkdocs. Needs python3-venv and PyPI.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/docs/requirements.txt
target="$TUSK_PREFIX/mkdocs"

case ${1:-} in --print) printf '%s\n' "$target/bin/mkdocs"; exit ;; esac
ready() { cmp -s "$requirements" "$target/requirements.txt"; }
! ready || exit 0
lock mkdocs
! ready || exit 0
install_into() {
  rm -rf "$target"
  /usr/bin/python3 -m venv "$target"
  "$target/bin/python" -m pip --disable-pip-version-check install --no-deps -r "$requirements"
  "$target/bin/python" -m pip --disable-pip-version-check check
}
step "$log_dir/mkdocs.log" 'pip install mkdocs-material' install_into
# Last, so that an interrupted installation is begun again.
cp "$requirements" "$target/requirements.txt"
say "mkdocs: $target/bin/mkdocs"
