#!/bin/bash
# Configures a CMake preset if it is not configured yet or if paths or options have changed, and builds a
# target of it. Creates build/PRESET, or $BUILD_DIR if that is set.
# usage: tools/setup/build.sh PRESET TARGET [-DNAME=VALUE...]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$setup_dir/../.."

preset=${1:?usage: build.sh PRESET TARGET [-DNAME=VALUE...]}
target=${2:?usage: build.sh PRESET TARGET [-DNAME=VALUE...]}
shift 2
php_config=$("$setup_dir/php.sh" --print) || die "no PHP yet: run 'make php' first"
options=("-DTUSK_PREFIX=$TUSK_PREFIX" "-DLLHTTP_ROOT=$LLHTTP_ROOT" "-DPHP_CONFIG=$php_config" "$@")
build=${BUILD_DIR:-build/$preset}
stamp="$build/.configured-with"

if [[ ! -f $build/build.ninja || ! -f $stamp || $(<"$stamp") != "${options[*]}" ]]; then
  # --fresh: paths found with the old options must not survive in the cache.
  cmake --preset "$preset" -B "$build" --fresh "${options[@]}"
  printf '%s\n' "${options[*]}" >"$stamp"
fi
# Another checkout of the same sources, a worktree or a clone of CI, finds what this one has compiled.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
cmake --build "$build" --target "$target"
