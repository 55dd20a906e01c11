# shellcheck shell=bash
# Where the set-up keeps things, and the few functions its scripts share. Sourced, never run:
# it defines names and changes nothing on disk.
#
#   TUSK_PREFIX   everything the set-up makes outside the checkout (default ~/.cache/tusk)
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

# Serialises set-up runs. The lock is inherited by what the script starts, so that it is held
# until the last compiler of a killed run is gone.
lock() {
  local name=$1
  mkdir -p "$TUSK_PREFIX"
  exec 9>"$TUSK_PREFIX/.$name.lock"
  flock -n 9 && return
  say "$name: another run is at it, waiting"
  flock 9
}

step_pid=
stop_step() {
  trap - INT TERM HUP
  if [[ -n $step_pid ]]; then
    kill -TERM -- "-$step_pid" 2>/dev/null || true
    wait "$step_pid" 2>/dev/null || true
  fi
  die "interrupted; run it again to go on"
}

# step LOG TITLE COMMAND...: runs COMMAND with its output in LOG, says how long it took, and shows
# the end of the log when it fails. Every 30 s the function named by $step_progress (if any)
# says how far it is. COMMAND is a process group of its own, so that an interrupt stops all of it.
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
