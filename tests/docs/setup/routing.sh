# shellcheck shell=bash
echo '<?php echo "page";' >/srv/www/index.php
mkdir -p /srv/app/releases/41 /srv/app/releases/42
ln -s releases/41 /srv/app/current
