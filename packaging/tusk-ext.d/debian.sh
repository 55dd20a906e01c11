# shellcheck shell=bash
# A part of tusk-ext: the sources that Debian's archive has.

debian_mirror() {
  local uri=${TUSK_DEBIAN_MIRROR:-}
  # shellcheck disable=SC2016 # the format is apt's
  [[ -n $uri ]] || uri=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' \
    2>/dev/null | awk '$1 ~ /^(bookworm|trixie|forky|sid|stable|oldstable|testing)$/ && !found { found = $2 }
                       END { if (found) print found }')
  [[ -n $uri ]] || die "no Debian mirror is in apt's sources: name one in TUSK_DEBIAN_MIRROR, or give the path of a source"
  printf '%s\n' "${uri%/}"
}

suite_of() {
  case ${version%.*} in
    8.2) say bookworm ;;
    8.4) say trixie ;;
    *) say sid ;;
  esac
}

# apt with lists of its own, so that the system needs no deb-src line and stays as it is. apt checks the signatures.
apt_of_work() { "$1" -c "$work/apt/apt.conf" "${@:2}"; }

# Reads the list of the suite's sources, once.
prepare_sources() {
  local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ ! -d $work/apt ]] || return 0
  command -v apt-get >/dev/null || die "there is no apt-get here: give the path of a source"
  mirror=$(debian_mirror)
  [[ -n $suite ]] || suite=$(suite_of)
  [[ -r $keyring ]] || die "no $keyring: apt install debian-archive-keyring"
  mkdir -p "$work"/apt/{lists/partial,cache/archives/partial,empty}
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$mirror" "$suite" "$keyring" \
    >"$work/apt/debian.sources"
  cat >"$work/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/apt/debian.sources";
Dir::Etc::sourceparts "$work/apt/empty";
Dir::Etc::preferences "$work/apt/empty/none";
Dir::Etc::preferencesparts "$work/apt/empty";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Default-Release "";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
CONF
  say "reading the list of Debian's sources ($suite)"
  apt_of_work apt-get -qq update -o APT::Update::Error-Mode=any >"$work/apt.log" 2>&1 ||
    die "cannot read the list of $suite's sources from $mirror: $(tail -n 1 "$work/apt.log"). Without the network, give the" \
      "path of a source"
}

# Prints "SOURCE VERSION" for the extension, or nothing.
debian_source_of() {
  local source record
  for source in "php-${1//_/-}" "${1//_/-}"; do
    record=$(apt_of_work apt-cache --only-source showsrc "$source" 2>/dev/null) || continue
    # Another program may have the same name.
    grep -qE '^Build-Depends:.*(dh-php|php-all-dev|php-dev)' <<<"$record" || continue
    say "$source $(sed -n 's/^Version: //p' <<<"$record" | sort -V | tail -n 1)"
    return
  done
}

# The Debian packages that building the source needs and that are not installed, one a line.
missing_depends() {
  local alternatives name first
  local -a names
  while IFS= read -r alternatives; do
    IFS='|' read -ra names <<<"$alternatives"
    first=
    for name in "${names[@]}"; do
      name=${name// /}
      [[ ! $name =~ ^(debhelper|dpkg-dev|dh-|php-|php[0-9]|pkg-php|xml-core|lsb-release) ]] || continue 2
      if dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q ' installed$'; then continue 2; fi
      if [[ -z $first ]] && apt-cache show "$name" >/dev/null 2>&1; then first=$name; fi
    done
    say "${first:-${names[0]// /}}"
  done < <(apt_of_work apt-cache --only-source showsrc "$1" 2>/dev/null |
    awk -v version="$2" 'BEGIN { RS = "" } index("\n" $0 "\n", "\nVersion: " version "\n")' |
    sed -n 's/^Build-Depends: //p' | head -n 1 | sed 's/([^)]*)//g; s/\[[^]]*\]//g; s/<[^>]*>//g' | tr ',' '\n' | sed '/^ *$/d')
}

# Downloads the source of extension $1 into $work/$1, and sets $origin.
fetch_from_debian() {
  local name=$1 found source source_version missing
  prepare_sources
  found=$(debian_source_of "$name")
  [[ -n $found ]] || die "Debian ($suite) has no source of an extension '$name'. If PECL has it, say: tusk-ext install" \
    "pecl:$name"
  read -r source source_version <<<"$found"
  origin="Debian's $source $source_version ($suite)"
  missing=$(missing_depends "$source" "$source_version" | tr '\n' ' ')
  if [[ -n $missing && -n $install_depends ]]; then
    say "$name: installing ${missing% }"
    # shellcheck disable=SC2086 # several packages
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing >"$work/apt.log" 2>&1 ||
      die "$name: apt-get install ${missing% } fails: $(tail -n 1 "$work/apt.log")"
  elif [[ -n $missing && -z $force ]]; then
    die "$name needs Debian packages for its build: apt install ${missing% } (or give --install-depends)"
  fi
  mkdir -p "$work/$name"
  # Upstream's part alone, without Debian's changes.
  (cd "$work/$name" && apt_of_work apt-get -qq source --download-only --tar-only "$source=$source_version") \
    >"$work/apt.log" 2>&1 || die "$name: cannot download $source $source_version: $(grep '^E:' "$work/apt.log" | head -n 1)." \
    "Another Debian may have it: --suite"
  tar -xf "$work/$name"/*.orig.tar.* -C "$work/$name"
}
