# shellcheck shell=bash
# A part of tusk-ext: it builds a source, tries the library, and enables it.

check_tools() {
  local tool
  local -a missing=()
  for tool in autoconf make gcc g++ pkg-config tar; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || die "building an extension needs programs that are missing: apt install ${missing[*]}"
  [[ -x $(dirname "$php_config")/phpize ]] || die "there is no phpize beside $php_config"
  mkdir -p "$extension_dir" "$ini_dir" 2>/dev/null || true
  [[ -w $extension_dir && -w $ini_dir ]] || die "cannot write to $extension_dir and $ini_dir: run as root"
}

# The directory below $1 that has the extension of the highest version.
source_directory() {
  find "$1" -maxdepth 3 -name config.m4 -printf '%h\n' | awk '{ print gsub("/", "/"), $0 }' | sort -k1,1n -k2,2Vr |
    sed -n '1s/^[0-9]* //p'
}

# Unpacks the tarball or copies the directory $2 into $work/$1, and sets $origin.
take_source() {
  local name=$1 path=$2
  origin=$(readlink -f "$path")
  mkdir -p "$work/$name"
  if [[ -d $path ]]; then
    cp -a "$path/." "$work/$name/"
    (cd "$work/$name" && [[ ! -f Makefile ]] || make -s distclean >/dev/null 2>&1 || true)
  else
    tar -xf "$path" -C "$work/$name" 2>/dev/null || die "$path is neither a directory nor a tarball"
  fi
  check_submodules "$name"
}

# A clone has empty directories in the place of its submodules, and configure does not say so.
check_submodules() {
  local file path
  while IFS= read -r file; do
    while IFS= read -r path; do
      [[ -z $(ls -A "${file%/*}/$path" 2>/dev/null) ]] || continue
      if [[ -d $origin/.git ]]; then
        die "$1: the submodule $path is not there: git -C $origin submodule update --init --recursive"
      fi
      die "$1: $origin has no $path, a submodule of its repository: take the tarball of PECL, or a clone with its submodules"
    done < <(sed -n 's/^[[:space:]]*path *= *//p' "$file")
  done < <(find "$work/$1" -maxdepth 2 -name .gitmodules)
}

# The name that the source in $work/$1 gives to its extension: mongodb, where the repository is mongo-php-driver.
name_in_source() {
  local directory
  directory=$(source_directory "$work/$1")
  [[ -n $directory ]] || return 0
  sed -nE 's/^[[:space:]]*PHP_NEW_EXTENSION\(\[?([A-Za-z0-9_]+).*/\1/p' "$directory/config.m4" | sort -u |
    awk '{ name = $0 } END { if (NR == 1) print tolower(name) }'
}

compile() {
  cd "$1"
  unset MAKEFLAGS MFLAGS MAKELEVEL PHPRC PHP_INI_SCAN_DIR
  "$(dirname "$php_config")/phpize"
  ./configure --with-php-config="$php_config" "${flags[@]}"
  nice make -j "${JOBS:-$(nproc)}"
}

# Builds the source in $work/$1 and sets $library.
build_source() {
  local name=$1 directory log
  directory=$(source_directory "$work/$name")
  [[ -n $directory ]] || die "$name: $origin has no config.m4, so it is not the source of an extension"
  say "$name: building $origin"
  log=$(mktemp "${TMPDIR:-/tmp}/tusk-ext-$name.XXXXXX.log")
  # Not in a condition, where set -e has no effect.
  set +e
  (set -e; compile "$directory") >"$log" 2>&1 </dev/null
  local status=$?
  set -e
  if ((status != 0)); then
    warn "$name does not build; the end of $log:"
    tail -n 25 "$log" | sed 's/^/    /' >&2
    exit 1
  fi
  rm -f "$log"
  library=$(find "$directory/modules" -name '*.so' | head -n 1)
  [[ -n $library ]] || die "$name: the build made no library; is the extension switched on by a flag of configure?"
}

# Loads the library into a PHP with all other extensions, and sets $kind and $loaded, the name PHP knows it by.
try_to_load() {
  local name=$1 output before
  kind=extension
  if nm -D --defined-only "$library" | grep -q ' zend_extension_entry$'; then kind=zend_extension; fi
  rm -rf "$work/conf.d"
  mkdir "$work/conf.d"
  find "$ini_dir" -name '*.ini' ! -name "50-$name.ini" -exec cp -t "$work/conf.d" {} +
  PHP_INI_SCAN_DIR=$work/conf.d
  before=$(modules)
  output=$("${php[@]}" -d display_errors=stderr -d "$kind=$library" -m 2>&1 >/dev/null) ||
    die "$name was built, but PHP ends when it loads it: ${output:-without a message}. It is not enabled"
  loaded=$(comm -13 <(say "$before") <(modules -d "$kind=$library") | head -n 1)
  [[ -n $loaded && $output != *"Unable to load"* ]] ||
    die "$name was built, but PHP does not load it: ${output:-it names no new extension}. It is not enabled"
  [[ -z $output ]] || warn "$name: PHP says: $output"
  # shellcheck disable=SC2016 # the script is PHP
  loaded_version=$("${php[@]}" -d "$kind=$library" -r 'echo phpversion($argv[1]);' -- "$loaded" 2>/dev/null)
  PHP_INI_SCAN_DIR=$ini_dir
}

# The files get their names when they are complete: a tusk may start meanwhile, and one that runs has the old file.
enable() {
  local name=$1 file=$extension_dir/$1.so
  install -m 0644 "$library" "$file.new"
  strip --strip-debug "$file.new" 2>/dev/null || true
  mv "$file.new" "$file"
  printf '%s %s %s from %s, for PHP %s %s\n%s=%s\n' "$mark" "$name" "${loaded_version:-?}" "$origin" "$version" "$build" \
    "$kind" "$name" >"$(ini_of "$name").new"
  mv "$(ini_of "$name").new" "$(ini_of "$name")"
  say "$name ${loaded_version:-} is enabled: $file, $(ini_of "$name")"
}
