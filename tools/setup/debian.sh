#!/bin/bash
# Fetches packages that this Debian lacks from Debian 13 (trixie) or another suite, without changing the
# system: apt runs with its own source list, preferences, lists and cache below $TUSK_PREFIX/apt, and
# nothing is installed. It uses the system's mirror and key ring.
# Creates $TUSK_PREFIX/apt (of another suite than trixie: $TUSK_PREFIX/apt-SUITE), and the requested files
# in the given directory.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

usage() {
  cat <<'USAGE'
usage: tools/setup/debian.sh [--suite SUITE] COMMAND
  update                  read the package lists again (the other commands do it when needed)
  download DIR PKG...     put the .deb files of the named packages into DIR
  unpack DIR PKG...       unpack the named packages into DIR (DIR/usr/share/...); no scripts run,
                          nothing is installed, dependencies are not followed
  source DIR SRC          put the newest source package of SRC that can be downloaded into DIR;
                          SRC may be SRC=VERSION-PREFIX. Prints the version on its last line.
                          If the mirror lacks every listed version: the newest older version that it
                          has, only upstream's tarball, verified by its uploader's signature
  versions SRC            print the listed versions of source package SRC, newest first

SUITE is trixie if it is left out. For another one the system's key ring has to know who signs it.
PKG may be PKG=VERSION. Without a version, the newest is used; if the mirror no longer has that file,
the next older listed one.

environment
  TUSK_PREFIX             directory of apt's lists and cache (default ~/.cache/tusk)
  TUSK_DEBIAN_MIRROR      the mirror to use instead of the system's own
  TUSK_DEBIAN_SECURITY_MIRROR   the same for the security archive
USAGE
}

suite=trixie
if [[ ${1:-} == --suite ]]; then
  suite=${2:?--suite has no name behind it}
  shift 2
fi
apt_dir="$TUSK_PREFIX/apt"
[[ $suite == trixie ]] || apt_dir+="-$suite"
apt_conf="$apt_dir/apt.conf"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
lists_max_age_minutes=720

# Prints the system's mirror of one of Debian's suites, in whatever form its sources are written; empty if
# there is none. The second query is for a system whose lists were never read.
# shellcheck disable=SC2016 # the formats are apt's
system_mirror() {
  { apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null
    apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' \
      'Created-By: Packages' 2>/dev/null; } |
    awk -v suites="$*" 'BEGIN { n = split(suites, list); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
                        $1 in wanted && !found { found = $2 } END { if (found) print found }'
}

debian_mirror() {
  local uri=${TUSK_DEBIAN_MIRROR:-}
  [[ -n $uri ]] || uri=$(system_mirror bookworm trixie stable oldstable)
  [[ -n $uri ]] || die "no Debian mirror in the system's apt sources; name one in TUSK_DEBIAN_MIRROR"
  printf '%s' "${uri%/}"
}

# Other suites than trixie have no updates of their own.
security_mirror() {
  [[ $suite == trixie ]] || return 0
  local uri=${TUSK_DEBIAN_SECURITY_MIRROR:-}
  [[ -n $uri ]] || uri=$(system_mirror bookworm-security trixie-security stable-security oldstable-security)
  printf '%s' "${uri%/}"
}

write_if_changed() {
  local file=$1 text
  text=$(cat)
  [[ -f $file && $(<"$file") == "$text" ]] && return 1
  printf '%s\n' "$text" >"$file.new"
  mv "$file.new" "$file"
}

sources_text() {
  local security
  security=$(security_mirror)
  local suites=$suite
  [[ $suite != trixie ]] || suites+=' trixie-updates'
  printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
    "$(debian_mirror)" "$suites" "$keyring"
  [[ -z $security ]] ||
    printf '\nTypes: deb deb-src\nURIs: %s\nSuites: trixie-security\nComponents: main\nSigned-By: %s\n' \
      "$security" "$keyring"
}

# apt reads this after the system's apt.conf.d, whose proxies and time-outs still apply. The hooks are
# cleared because they act on the system's own cache and database.
conf_text() {
  cat <<CONF
Dir::Etc::sourcelist "$apt_dir/$suite.sources";
Dir::Etc::sourceparts "$apt_dir/empty";
Dir::Etc::preferences "$apt_dir/empty/none";
Dir::Etc::preferencesparts "$apt_dir/empty";
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
APT::Default-Release "";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
CONF
}

lists_are_fresh() {
  [[ -n $(find "$apt_dir/updated" -mmin "-$lists_max_age_minutes" 2>/dev/null) ]]
}

prepare() {
  [[ -r $keyring ]] || die "no $keyring: install debian-archive-keyring"
  mkdir -p "$apt_dir"/{lists/partial,cache/archives/partial,empty}
  if sources_text | write_if_changed "$apt_dir/$suite.sources"; then rm -f "$apt_dir/updated"; fi
  conf_text | write_if_changed "$apt_conf" || true
}

# Without one of the suites, or with older lists, the wanted package may still be found: a failure here is
# reported, and the next command tries again.
update() {
  say "reading $suite's package lists" >&2
  rm -f "$apt_dir/updated"
  if apt_get update -o APT::Update::Error-Mode=any >&2; then
    touch "$apt_dir/updated"
  else
    warn "could not read all of $suite's lists from $(debian_mirror)"
    return 1
  fi
}

apt_get() { apt-get -c "$apt_conf" -qq "$@"; }

deb_versions() { apt-cache -c "$apt_conf" madison "$1" | awk -F' *[|] *' '$3 ~ / Packages$/ { print $2 }' | uniq; }
source_versions() {
  apt-cache -c "$apt_conf" --only-source showsrc "$1" | sed -n 's/^Version: //p' | sort -u | sort_versions
}

# Newest first, by Debian's own ordering.
sort_versions() {
  local -a sorted=()
  local v i
  while read -r v; do
    for ((i = 0; i < ${#sorted[@]}; i++)); do
      dpkg --compare-versions "$v" gt "${sorted[i]}" && break
    done
    sorted=("${sorted[@]:0:i}" "$v" "${sorted[@]:i}")
  done
  ((${#sorted[@]} == 0)) || printf '%s\n' "${sorted[@]}"
}

# first_that_downloads KIND NAME COMMAND...: runs COMMAND NAME=VERSION for each version of NAME,
# newest first, until one succeeds, and prints that version.
first_that_downloads() {
  local kind=$1 name=$2 only='' version
  shift 2
  if [[ $name == *=* ]]; then only=${name#*=}; name=${name%%=*}; fi
  local -a versions
  mapfile -t versions < <("${kind}_versions" "$name")
  ((${#versions[@]} > 0)) || say "no $kind package $name is listed" >&2
  for version in "${versions[@]}"; do
    [[ -z $only || $version == "$only"* ]] || continue
    if "$@" "$name=$version" >&2; then
      printf '%s\n' "$version"
      return
    fi
    say "$name $version is listed, but does not download; trying an older one" >&2
  done
  return 1
}

# Downloads a file that no list names with apt, so that apt's proxies and time-outs apply.
# fetch_file URI FILE [SHA256:HASH]
fetch_file() { /usr/lib/apt/apt-helper -c "$apt_conf" -qq download-file "$@" >/dev/null 2>&1; }

# Fetches the keys of Debian's uploaders; 34 MB, so only if they are needed.
uploader_keyrings() {
  local dir="$apt_dir/uploaders"
  if [[ ! -f $dir/usr/share/keyrings/debian-keyring.gpg ]]; then
    say "downloading Debian's uploaders' keys" >&2
    unpack "$dir" debian-keyring >&2
  fi
  printf '%s\n' "$dir"/usr/share/keyrings/debian-{keyring,maintainers}.gpg
}

# signed_text FILE: prints the part that an uploader has signed.
signed_text() {
  local keyring
  local -a options=()
  while read -r keyring; do options+=(--keyring "$keyring"); done < <(uploader_keyrings)
  ((${#options[@]} > 0)) || return 1
  gpgv --quiet "${options[@]}" --output - "$1" 2>/dev/null
}

# download_unlisted SRC VERSION: VERSION's .dsc and upstream's tarball into this directory.
download_unlisted() {
  local name=$1 version=$2 dsc="$1_$2.dsc" pool area text hash tarball
  for pool in "$(debian_mirror)/pool/main" "$(security_mirror)/pool/updates/main"; do
    [[ $pool == http* ]] || continue
    area="$pool/${name:0:1}/$name"
    [[ $name != lib* ]] || area="$pool/${name:0:4}/$name"
    fetch_file "$area/$dsc" "$PWD/$dsc" || continue
    text=$(signed_text "$dsc") || { warn "$dsc: not signed by an uploader whose key is known"; continue; }
    read -r hash tarball < <(awk '/^Checksums-Sha256:/ { on = 1; next } /^[^ ]/ { on = 0 }
      on && $3 ~ /\.orig\.tar\.[a-z0-9]+$/ { print $1, $3 }' <<<"$text")
    [[ -n ${tarball:-} ]] || continue
    fetch_file "$area/$tarball" "$PWD/$tarball" "SHA256:$hash" && return
  done
  rm -f "$dsc"
  return 1
}

# unlisted_source SRC[=PREFIX]: an archive keeps versions for a while after they have left its lists, and
# a mirror may be behind the lists. Counts down from the newest listed version (1.2.9, 1.2.8 ...), in the
# ways in which Debian names a version, and prints the first that downloads.
unlisted_source() {
  local name=${1%%=*} newest series patch suffix version
  newest=$(source_versions "$name" | head -n 1)
  [[ $1 != *=* || $newest == "${1#*=}"* ]] || return 1
  [[ $newest =~ ^([0-9]+\.[0-9]+)\.([0-9]+)- ]] || return 1
  series=${BASH_REMATCH[1]}
  say "looking for an older $name that the mirror still has" >&2
  for ((patch = BASH_REMATCH[2]; patch >= 0; patch--)); do
    for suffix in '1~deb13u1' 1 2; do
      version="$series.$patch-$suffix"
      if download_unlisted "$name" "$version"; then printf '%s\n' "$version"; return; fi
    done
  done
  return 1
}

# fetch KIND DIR NAME: the same into DIR; tries again with fresh lists if nothing downloads.
fetch() {
  local kind=$1 dir=$2 name=$3
  local -a get
  case $kind in
    deb) get=(apt_get download) ;;
    source) get=(apt_get source --download-only) ;;
  esac
  mkdir -p "$dir"
  cd "$dir"
  first_that_downloads "$kind" "$name" "${get[@]}" && return
  if update && first_that_downloads "$kind" "$name" "${get[@]}"; then return; fi
  if [[ $kind == source ]] && unlisted_source "$name"; then return; fi
  die "no listed version of $name could be downloaded from $(debian_mirror)"
}

download() {
  local dir=$1 package
  shift
  for package in "$@"; do (fetch deb "$dir" "$package"); done
}

unpack() {
  local dir=$1 scratch deb
  shift
  scratch=$(mktemp -d "$apt_dir/unpack.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$scratch'" EXIT
  mkdir -p "$dir"
  download "$scratch" "$@" >/dev/null
  for deb in "$scratch"/*.deb; do dpkg -x "$deb" "$dir"; done
}

main() {
  local verb=${1:-help} arguments=$(($# - 1))
  case $verb in
    help | -h | --help) usage; return ;;
    update) ((arguments == 0)) ;;
    versions) ((arguments == 1)) ;;
    source) ((arguments == 2)) ;;
    download | unpack) ((arguments >= 2)) ;;
    *) false ;;
  esac || { usage >&2; exit 2; }
  shift
  umask 022
  lock "$suite" >&2
  prepare
  if [[ $verb == update ]]; then update; elif ! lists_are_fresh; then update || true; fi
  case $verb in
    versions) source_versions "$1" ;;
    source) fetch source "$1" "$2" ;;
    download) download "$@" >/dev/null ;;
    unpack) unpack "$@" ;;
  esac
}
main "$@"
