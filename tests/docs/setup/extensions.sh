# shellcheck shell=bash
# The command of the package tusk-php8.4-dev, with the PHP of `make build`.
if [[ ! -x $PREFIX/php/bin/php-config ]]; then
  echo '### skip: needs the PHP that make php builds'
  exit
fi
export TUSK_PREFIX=$PREFIX
ln -s "$REPOSITORY/packaging/tusk-ext" "$PROGRAMS/tusk-ext"
