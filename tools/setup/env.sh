# shellcheck shell=bash
# Paths of the set-up, and the functions that its scripts share. This file is sourced, never run: it
# defines names and changes nothing on disk.
#
#   TUSK_PREFIX   everything that the set-up creates outside the checkout (default ~/.cache/tusk)
#   LLHTTP_ROOT   include/llhttp.h and lib/libllhttp.*
#   PHP_CONFIG    php-config of the PHP to embed; set it beforehand to use an existing build

TUSK_PREFIX="${TUSK_PREFIX:-$HOME/.cache/tusk}"
case $TUSK_PREFIX in
  *[[:space:]]*) echo "TUSK_PREFIX must not contain white space: '$TUSK_PREFIX'" >&2; exit 1 ;;
  /*) ;;
  *) TUSK_PREFIX="$PWD/$TUSK_PREFIX" ;;
esac
LLHTTP_ROOT="$TUSK_PREFIX/llhttp"
export TUSK_PREFIX LLHTTP_ROOT

# shellcheck disable=SC2034 # for the scripts that source this
log_dir="$TUSK_PREFIX/logs"

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { warn "$*"; exit 1; }

# elapsed SECONDS → m:ss
elapsed() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# Serialises set-up runs. Programs that the script starts inherit the lock, so it is held until the last
# compiler of a killed run has ended.
lock() {
  local name=$1
  mkdir -p "$TUSK_PREFIX"
  exec 9>"$TUSK_PREFIX/.$name.lock"
  flock -n 9 && return
  say "$name: waiting for another run to finish"
  flock 9
}

step_pid=
stop_step() {
  trap - INT TERM HUP
  if [[ -n $step_pid ]]; then
    kill -TERM -- "-$step_pid" 2>/dev/null || true
    wait "$step_pid" 2>/dev/null || true
  fi
  die "interrupted; run it again to continue"
}

# step LOG TITLE COMMAND...: runs COMMAND with its output in LOG, prints how long it took, and shows the
# end of the log if it fails. Every 30 s the function named by $step_progress (if any) reports the
# progress. COMMAND has its own process group, so that an interrupt stops all of it.
step_progress=
step() {
  local log=$1 title=$2 start=$SECONDS next=$((SECONDS + 30)) status=0
  shift 2
  mkdir -p "${log%/*}"
  printf '\n=== %s: %s\n' "$title" "$*" >>"$log"
  say "  $title"
  set -m
  "$@" >>"$log" 2>&1 </dev/null &
  step_pid=$!
  set +m
  trap stop_step INT TERM HUP
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.2
    if [[ -n $step_progress ]] && ((SECONDS >= next)); then
      next=$((SECONDS + 30))
      say "    $(elapsed $((SECONDS - start)))  $("$step_progress")"
    fi
  done
  wait "$step_pid" || status=$?
  step_pid=
  trap - INT TERM HUP
  if ((status != 0)); then
    warn "$title failed (status $status); the last lines of $log:"
    tail -n 40 "$log" | sed 's/^/    /' >&2
    exit 1
  fi
  say "    done in $(elapsed $((SECONDS - start)))"
}
