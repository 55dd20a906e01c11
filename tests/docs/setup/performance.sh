# shellcheck shell=bash
echo '<?php echo "page";' >/srv/www/index.php
