# shellcheck shell=bash
mkdir -p public
cat >public/index.php <<'PHP'
<?php
while (tusk_handle_request(function () { echo 'page'; })) {
}
PHP
