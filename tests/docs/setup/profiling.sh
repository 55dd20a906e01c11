# shellcheck shell=bash
echo '<?php for ($n = 0; $n < 3e6; ++$n) { sqrt($n); }' >/srv/www/index.php
tusk --root /srv/www --listen :80
(while curl -s http://localhost/ >/dev/null; do :; done) &
