#!/bin/bash
# Builds h2spec, which checks an HTTP/2 server against the RFCs, from its Go module, in the versions that
# tools/conformance/go.mod and go.sum name. Does nothing if it exists already.
# Creates $TUSK_PREFIX/h2spec/h2spec. Needs Go 1.19 or newer, and Go's module proxy.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
h2spec="$TUSK_PREFIX/h2spec/h2spec"

case ${1:-} in --print) printf '%s\n' "$h2spec"; exit ;; esac
[[ ! -x $h2spec ]] || exit 0
command -v go >/dev/null || die "h2spec needs Go: apt-get install golang-go"
lock h2spec
build() { cd "$setup_dir/../conformance" && go build -o "$h2spec" github.com/summerwind/h2spec/cmd/h2spec; }
mkdir -p "${h2spec%/*}"
step "$log_dir/h2spec.log" 'go build h2spec' build
say "h2spec: $h2spec"
