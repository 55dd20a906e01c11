#!/bin/bash
# Runs every fuzzer of the preset fuzz for a while, from the corpus in fuzz/corpus/NAME.
# Creates build/fuzz/found/NAME with inputs that reach new code, and build/fuzz/NAME-crash-* and similar
# files with inputs that fail. Fails if an input fails, or if there is no fuzzer.
# With 0 seconds no new input is tried: each fuzzer runs its corpus once.
# usage: tools/setup/fuzz.sh SECONDS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:?usage: fuzz.sh SECONDS}
status=0 ran=0

fuzz() {
  local program=$1 name
  name=$(basename "${program%_fuzz}")
  local -a options=("-max_total_time=$seconds" "-artifact_prefix=build/fuzz/$name-" -print_final_stats=1)
  # libFuzzer would treat a time of 0 as no limit.
  ((seconds > 0)) || options+=(-runs=0)
  [[ ! -f fuzz/$name.dict ]] || options+=("-dict=fuzz/$name.dict")
  mkdir -p "build/fuzz/found/$name" "fuzz/corpus/$name"
  printf '%s\n' "$name, ${seconds} s; log: build/fuzz/$name.log"
  if ! "$program" "${options[@]}" "build/fuzz/found/$name" "fuzz/corpus/$name" \
    >"build/fuzz/$name.log" 2>&1 </dev/null; then
    tail -n 40 "build/fuzz/$name.log"
    status=1
  fi
  grep -E '^stat::number_of_executed_units' "build/fuzz/$name.log" || true
}

while read -r program; do
  fuzz "$program"
  ran=$((ran + 1))
done < <(find build/fuzz -type f -perm -u+x -name '*_fuzz' | sort)
((ran > 0)) || { echo 'no fuzzer was built' >&2; exit 1; }
exit "$status"
