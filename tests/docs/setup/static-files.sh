# shellcheck shell=bash
mkdir -p public/docs/sub /srv/app/invoices
printf 'abc' >public/docs/a.txt
touch -d '1994-11-06 08:49:37 UTC' public/docs/a.txt public/docs/sub
tusk --root public --directory-listing
