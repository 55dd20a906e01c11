# shellcheck shell=bash
# A part of tusk-ext: the archives of PECL.

# Sets $pecl_name and $pecl_version from pecl:NAME[@VERSION]; without a version it is the newest stable one.
read_pecl_name() {
  local given=${1#pecl:}
  pecl_package=${given%%@*} pecl_version=''
  [[ $given != *@* ]] || pecl_version=${given#*@}
  [[ $pecl_package =~ ^[A-Za-z][A-Za-z0-9_]*$ && ($given != *@* || $pecl_version =~ ^[0-9][A-Za-z0-9.]*$) ]] ||
    die "'$1' is not understood: pecl:NAME or pecl:NAME@VERSION, such as pecl:redis@6.2.0"
  pecl_name=${pecl_package,,}
}

# Downloads the archive of PECL into $work/$name, checks it, and sets $origin.
fetch_from_pecl() {
  local base=${TUSK_PECL:-https://pecl.php.net} url file=$work/$name.tgz folder
  base=${base%/}
  url=$base/get/$pecl_package${pecl_version:+-$pecl_version}
  download_from_pecl "$url" "$file"
  folder=$(folder_of_archive "$file" "$url")
  mkdir -p "$work/$name"
  tar -xzf "$file" -C "$work/$name" --no-same-owner --no-same-permissions || die "$url: the archive cannot be unpacked"
  rm -f "$file"
  check_package "$work/$name/package.xml" "$url"
  origin="PECL's ${folder/-/ }"
}

download_from_pecl() {
  local url=$1 file=$2 code status=0 protocols='=https'
  command -v curl >/dev/null || die "a download needs curl, which is missing: apt install curl"
  # From an address with https nothing leads to one without.
  [[ $url == https://* ]] || protocols='=http,https'
  say "downloading $url"
  code=$(curl --silent --show-error --fail --location --max-redirs 5 --proto "$protocols" --proto-redir "$protocols" \
    --connect-timeout 20 --max-time 600 --max-filesize 100000000 --retry 2 --output "$file" --write-out '%{http_code}' \
    "$url" 2>"$work/curl.log") || status=$?
  ((status != 0)) || return 0
  case $status:$code in
    22:404) die "PECL has no $pecl_package${pecl_version:+ $pecl_version}: $url is not there (404)." \
      "Its packages: https://pecl.php.net/packages.php" ;;
    22:*) die "$url was answered with $code; try again later, or give the path of a source" ;;
    63:*) die "$url is larger than 100 MB, which no extension is" ;;
    *) die "cannot reach $url: $(tail -n 1 "$work/curl.log"). Without the network, give the path of a source" ;;
  esac
}

# Prints the one folder of the archive. Beside it there is only what PECL puts there. Links could lead out of it.
folder_of_archive() {
  local file=$1 url=$2 names path folder=''
  names=$(tar -tzf "$file" 2>/dev/null) || die "what $url sent is no tgz"
  ! tar -tvzf "$file" 2>/dev/null | grep -qv '^[-d]' || die "$url: the archive has links or devices, so it is not unpacked"
  while IFS= read -r path; do
    case $path in
      package.xml | package2.xml | package.sig) continue ;;
      /* | .. | ../* | */.. | */../*) die "$url: the archive has the path $path, so it is not unpacked" ;;
      */*) ;;
      *) die "$url: the archive has $path beside its folder, so it is not one of PECL" ;;
    esac
    [[ -n $folder ]] || folder=${path%%/*}
    [[ ${path%%/*} == "$folder" ]] ||
      die "$url: the archive has more than one folder ($folder, ${path%%/*}), so it is not one of PECL"
  done <<<"$names"
  [[ -n $folder ]] || die "$url: the archive has no folder with a source"
  grep -qx package.xml <<<"$names" || die "$url: the archive has no package.xml, so it is not one of PECL"
  say "$folder"
}

# The package is the one that was asked for.
check_package() {
  local said
  said=$(sed -n 's:.*<name>\([^<]*\)</name>.*:\1:p' "$1" | head -n 1)
  [[ ${said,,} == "$pecl_name" ]] ||
    die "$2: package.xml names the package '$said' and not '$pecl_package'"
}
