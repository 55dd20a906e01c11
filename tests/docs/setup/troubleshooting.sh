# shellcheck shell=bash
# A site with one fault for each entry of the page.
mkdir -p /srv/www/uploads /srv/www/empty
cd /srv/www || exit
cat >index.php <<'PHP'
<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/slow') sleep(3);
if ($path === '/fatal') { $nothing = null; $nothing->method(); }
if ($path === '/memory') { $text = str_repeat('x', 1 << 30); }
echo 'page ', $path, ' of ', $_SERVER['REMOTE_ADDR'], "\n";
PHP
echo '<?php echo "evil";' >uploads/evil.php
echo 'text' >notes.txt
echo 'secret' >secret.txt
chmod 000 secret.txt
echo 'dump' >dump.sql
cat >/etc/tusk/tusk.toml <<'TOML'
listen = [":80"]
document_root = "/srv/www"
fallback = "/index.php"
static_only = ["/uploads"]
request_timeout = "1s"
request_body_bytes = "1M"
access_log = true
TOML
tusk --config /etc/tusk/tusk.toml
