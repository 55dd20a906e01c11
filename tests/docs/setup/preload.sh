# shellcheck shell=bash
# An application of which requests were recorded, and a start of PHP that has preloaded it.
mkdir -p /srv/app/src /srv/app/public
cat >/srv/app/src/Base.php <<'PHP'
<?php
namespace App;
class Base {}
PHP
cat >/srv/app/src/Page.php <<'PHP'
<?php
namespace App;
class Page extends Base {
    public function show(): void { echo 'page'; }
}
PHP
cat >/srv/app/src/Effects.php <<'PHP'
<?php
namespace App;
define('APP_STARTED', true);
class Effects {}
PHP
cat >/srv/app/public/index.php <<'PHP'
<?php
spl_autoload_register(function ($class) { require __DIR__ . '/../src/' . substr($class, 4) . '.php'; });
new App\Effects();
(new App\Page())->show();
PHP
cat >/etc/tusk/tusk.toml <<'TOML'
document_root = "/srv/app/public"
listen = [":80"]
preload = "auto"
TOML
tusk --config /etc/tusk/tusk.toml
for ((try = 0; try < 600; ++try)); do
  curl -s -o /dev/null http://localhost/
  ! command tusk preload list --config /etc/tusk/tusk.toml | grep -q Page.php || break
  sleep 0.1
done
tusk --config /etc/tusk/tusk.toml # a start that preloads what was recorded
