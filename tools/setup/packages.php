# Debian 12 packages that `make php` needs: tools and the libraries PHP's extensions link against.
# One package a line; text after # is a comment.

# tools
autoconf
automake
bison
bzip2
ccache
file
flex
g++
gcc
gpgv                      # uploaders' signatures; a bare Debian 13 has none
libtool
make
patch
pkg-config
re2c
xz-utils

# libraries, by extension
libargon2-dev             # password_hash (argon2)
libbz2-dev                # bz2
libcurl4-openssl-dev      # curl
libedit-dev               # readline
libffi-dev                # ffi
libfreetype-dev           # gd: text
libgmp-dev                # gmp
libicu-dev                # intl
libjpeg62-turbo-dev       # gd: JPEG
libldap2-dev              # ldap
libonig-dev               # mbstring: regular expressions
libpng-dev                # gd: PNG
libpq-dev                 # pgsql, pdo_pgsql
libsasl2-dev              # ldap: SASL
libsodium-dev             # sodium
libsqlite3-dev            # sqlite3, pdo_sqlite
libssl-dev                # openssl
libtidy-dev               # tidy
libwebp-dev               # gd: WebP
libxml2-dev               # the xml family, soap
libxslt1-dev              # xsl
libzip-dev                # zip
zlib1g-dev                # zlib, gd
tzdata                    # time zones; present on most machines, absent from minimal ones
