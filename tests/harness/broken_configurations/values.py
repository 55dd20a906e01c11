"""Values that an option does not take, files that are missing, and options that contradict each
other."""

from harness.broken_configurations.case import Case, ROOT

CASES = {
    # --- values ---
    "less memory than a thread keeps": Case(
        says=[
            "{dir}/t.toml:2: worker_memory_limit: must be 0 or at least 2MiB, which every worker keeps: it would be replaced after each request",
        ],
        toml=ROOT + 'worker_memory_limit = "2097151"\n',
    ),
    "not a number": Case(
        says=[
            "{dir}/t.toml:2: php_workers: 'many' is not a whole number",
        ],
        toml=ROOT + 'php_workers = "many"\n',
    ),
    "too many workers": Case(
        says=[
            "{dir}/t.toml:2: php_workers: '99999' is out of range: from 0 to 4096",
        ],
        toml=ROOT + "php_workers = 99999\n",
    ),
    "a time that is none": Case(
        says=[
            "{dir}/t.toml:2: idle_timeout: 'soon' is not a duration (seconds, or like 500ms, 30s, 5m, 1h30m, 7d, 2w)",
        ],
        toml=ROOT + 'idle_timeout = "soon"\n',
    ),
    "a time in the wrong order": Case(
        says=[
            "{dir}/t.toml:2: idle_timeout: '30m1h' is not a duration (seconds, or like 500ms, 30s, 5m, 1h30m, 7d, 2w)",
        ],
        toml=ROOT + 'idle_timeout = "30m1h"\n',
    ),
    "a size that is none": Case(
        says=[
            "{dir}/t.toml:2: request_body_bytes: '64 MB' is not a size (bytes, or like 64K, 10MiB, 1G)",
        ],
        toml=ROOT + 'request_body_bytes = "64 MB"\n',
    ),
    "a level of the log": Case(
        says=[
            "{dir}/t.toml:2: log_level: 'loud' is not one of trace|debug|info|warn|error|off",
        ],
        toml=ROOT + 'log_level = "loud"\n',
    ),
    "a port alone": Case(
        says=[
            "{dir}/t.toml:2: listen: '8080' is not an address; for a port write :8080",
        ],
        toml=ROOT + 'listen = "8080"\n',
    ),
    "a port that is none": Case(
        says=[
            "{dir}/t.toml:2: listen: '80800' in '127.0.0.1:80800' is not a port from 0 to 65535",
        ],
        toml=ROOT + 'listen = "127.0.0.1:80800"\n',
    ),
    "IPv6 without brackets": Case(
        says=[
            "{dir}/t.toml:2: listen: '::1:8080' is not an address; IPv6 needs brackets: [v6]:port",
        ],
        toml=ROOT + 'listen = "::1:8080"\n',
    ),
    "a socket without unix:": Case(
        says=[
            "{dir}/t.toml:2: listen: '/run/tusk.sock' is not an address; a unix socket is unix:/run/tusk.sock",
        ],
        toml=ROOT + 'listen = "/run/tusk.sock"\n',
    ),
    "a network that begins elsewhere": Case(
        says=[
            "{dir}/t.toml:2: trusted_proxies: '10.0.0.1/8' is not where the network begins: 10.0.0.0/8",
        ],
        toml=ROOT + 'trusted_proxies = ["10.0.0.1/8"]\n',
    ),
    "a coding that is none": Case(
        says=[
            "{dir}/t.toml:2: compression: 'deflate' is not one of zstd, br, gzip, off",
        ],
        toml=ROOT + 'compression = ["gzip", "deflate"]\n',
    ),
    "a fallback without a slash": Case(
        says=[
            "{dir}/t.toml:2: fallback: 'index.php' must begin with a slash: /index.php",
        ],
        toml=ROOT + 'fallback = "index.php"\n',
    ),
    "an index with a slash": Case(
        says=[
            "{dir}/t.toml:2: index_file: 'app/index.php' must be a name without a slash",
        ],
        toml=ROOT + 'index_file = "app/index.php"\n',
    ),
    "a preset that is none": Case(
        says=[
            "{dir}/t.toml:2: preset: 'wordpres' is not one of none|wordpress|laravel|symfony|drupal|mediawiki|dokuwiki|spa; did you mean wordpress?",
        ],
        toml=ROOT + 'preset = "wordpres"\n',
    ),
    # --- missing files ---
    "no such root": Case(
        says=[
            "{dir}/t.toml:1: document_root: {dir}/sites: No such file or directory; did you mean {dir}/site?",
        ],
        status=1,
        toml='document_root = "sites"\nindex_file = "index.php"\n',
    ),
    "the root is a file": Case(
        says=[
            "{dir}/t.toml:1: document_root: {dir}/site/index.php is not a directory",
        ],
        status=1,
        toml='document_root = "site/index.php"\n',
    ),
    "no such configuration file": Case(
        says=[
            "cannot open {dir}/tsuk.toml: No such file or directory",
        ],
        args=["--config", "tsuk.toml"],
    ),
    "no such php.ini": Case(
        says=[
            "{dir}/t.toml:2: php_ini: {dir}/php.ini-production: No such file or directory",
        ],
        status=1,
        toml=ROOT + 'php_ini = "php.ini-production"\n',
    ),
    "no such index": Case(
        says=[
            "warning: {dir}/t.toml:2: index_file: there is no app.php in {dir}/site",
        ],
        status=0,
        toml=ROOT + 'index_file = "app.php"\n',
    ),
    "no such fallback": Case(
        says=[
            "warning: {dir}/t.toml:2: fallback: there is no app.php in {dir}/site",
        ],
        status=0,
        toml=ROOT + 'fallback = "/app.php"\n',
    ),
    "a listen path that is a file": Case(
        says=[
            "{dir}/t.toml:2: listen: {dir}/tusk.sock exists and is not a socket, so tusk does not replace it; remove it or name another path",
        ],
        status=1,
        toml=ROOT + 'listen = "unix:tusk.sock"\n',
        files={"tusk.sock": "x"},
    ),
    "a listen path that is a directory": Case(
        says=[
            "{dir}/t.toml:2: listen: {dir}/site is a directory: name the socket itself, such as {dir}/site/tusk.sock",
        ],
        status=1,
        toml=ROOT + 'listen = "unix:site"\n',
    ),
    "a listen path in no directory": Case(
        says=[
            "{dir}/t.toml:2: listen: {dir}/run: No such file or directory",
        ],
        status=1,
        toml=ROOT + 'listen = "unix:run/tusk.sock"\n',
    ),
    "no such certificate": Case(
        says=[
            "tls_cert: {dir}/cert.pem: No such file or directory",
        ],
        status=1,
        toml=ROOT + 'listen = ":443"\ntls_cert = "cert.pem"\n',
    ),
    "https without a certificate": Case(
        says=[
            "{dir}/t.toml:2: listen: https://:443 needs a certificate: tls_cert, or tls_self_signed",
        ],
        toml=ROOT + 'listen = "https://:443"\n',
    ),
    "no such user": Case(
        says=[
            "{dir}/t.toml:3: listen_owner: there is no user 'wwwdata'",
        ],
        status=1,
        toml=ROOT + 'listen = "unix:t.sock"\nlisten_owner = "wwwdata"\n',
    ),
    # --- contradictions ---
    "a redirect to nowhere": Case(
        says=[
            "warning: {dir}/t.toml:2: https_redirect: is an endless redirect behind a proxy that terminates TLS: no address speaks TLS here, and no proxy is trusted to say that the client used it; give a certificate (tls_cert), or name the proxy in trusted_proxies",
        ],
        status=0,
        toml=ROOT + 'https_redirect = "308"\n',
    ),
    "a listing with an index": Case(
        says=[
            "warning: {dir}/t.toml:3: directory_listing: has no effect, because index_file answers every path that is not a file: index.php",
        ],
        status=0,
        toml=ROOT + 'index_file = "index.php"\ndirectory_listing = true\n',
    ),
    "an index and a fallback": Case(
        says=[
            "warning: {dir}/t.toml:3: fallback: has no effect, because index_file is index.php",
        ],
        status=0,
        toml=ROOT + 'index_file = "index.php"\nfallback = "/index.php"\n',
    ),
    "the whole project": Case(
        says=[
            "warning: {dir}/t.toml:1: document_root: {dir}/project looks like a whole project (it has .env and public/index.php): serve its public part, {dir}/project/public",
        ],
        status=0,
        toml='document_root = "project"\n',
        files={"project/.env": "SECRET=1", "project/public/index.php": "<?php"},
    ),
    "a certificate that nobody speaks": Case(
        says=[
            "warning: {dir}/t.toml:3: tls_self_signed: has no effect: no address to serve on speaks TLS",
        ],
        status=0,
        toml=ROOT + 'listen = ["http://:8443"]\ntls_self_signed = true\n',
    ),
    # --- more cases of each kind ---
    "a key for nobody": Case(
        says=[
            "tls_cert: {dir}/site/index.php: there is no certificate in it (PEM)",
        ],
        status=1,
        toml=ROOT + 'listen = ":443"\ntls_cert = "site/index.php"\n',
    ),
    "a certificate of both kinds": Case(
        says=[
            "{dir}/t.toml:4: tls_self_signed: tls_cert gives a certificate already",
        ],
        toml=ROOT + 'listen = ":443"\ntls_cert = "site/index.php"\ntls_self_signed = true\n',
    ),
    "an address twice": Case(
        says=[
            "{dir}/t.toml:2: listen: :8080 is given twice",
        ],
        toml=ROOT + 'listen = [":8080", ":8080"]\n',
    ),
    "the internal address twice": Case(
        says=[
            "{dir}/t.toml:3: internal_addr: :9090 is also an address to serve on",
        ],
        toml=ROOT + 'listen = ":9090"\ninternal_addr = ":9090"\n',
    ),
    "a mode that is none": Case(
        says=[
            "{dir}/t.toml:3: listen_mode: '0999' is not a mode such as 0660",
        ],
        toml=ROOT + 'listen = "unix:t.sock"\nlisten_mode = "0999"\n',
    ),
    "a mode of the internal server that is none": Case(
        says=[
            "{dir}/t.toml:3: internal_mode: 'rw' is not a mode such as 0660",
        ],
        toml=ROOT + 'internal_addr = "unix:t.sock"\ninternal_mode = "rw"\n',
    ),
    "a token file that is not there": Case(
        says=[
            "{dir}/t.toml:2: internal_token_file: {dir}/token: No such file or directory",
        ],
        status=1,
        toml=ROOT + 'internal_token_file = "token"\n',
    ),
    "a warm-up of a name": Case(
        says=[
            "{dir}/t.toml:2: warm_up: 'index.php' is neither a path such as /blog nor a URL",
        ],
        toml=ROOT + 'warm_up = ["/", "index.php"]\n',
    ),
    "two mistakes at once": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'php_wokers'; did you mean php_workers?",
            "{dir}/t.toml:3: idle_timeout: 'soon' is not a duration (seconds, or like 500ms, 30s, 5m, 1h30m, 7d, 2w)",
        ],
        toml=ROOT + 'php_wokers = 4\nidle_timeout = "soon"\n',
    ),
    "a file that is no TOML, and a root that is not there": Case(
        says=[
            '{dir}/t.toml:1: text needs quotes: write document_root = "site"',
            "--workers: 'x' is not a whole number",
        ],
        toml="document_root = site\n",
        args=["--workers", "x"],
    ),
    "a certificate under another name": Case(
        says=[
            "{dir}/t.toml:3: unknown key 'ssl_certificate'; did you mean tls_cert?",
        ],
        toml=ROOT + 'listen = "https://:443"\nssl_certificate = "cert.pem"\n',
    ),
    "a list that is not there for one value": Case(
        says=[
            "{dir}/t.toml:2: php_workers takes one value, not a list",
        ],
        toml=ROOT + "php_workers = [4]\n",
    ),
    "a rule without what it does": Case(
        says=[
            "{dir}/t.toml:2: a rule needs redirect, rewrite, deny, set_headers, add_headers or remove_headers",
        ],
        toml=ROOT + '[[rules]]\npath = "/old"\n',
    ),
    "a rule with a broken regex": Case(
        says=[
            "{dir}/t.toml:2: '(old' is not a valid RE2 regular expression: missing ): (old",
        ],
        toml=ROOT + "[[rules]]\nregex = '(old'\ndeny = true\n",
    ),
    "HTTP/3": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'http3'; tusk speaks HTTP/1.1 and HTTP/2",
        ],
        toml=ROOT + "http3 = true\n",
    ),
    "a log file": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'error_log'; did you mean log_file?",
        ],
        toml=ROOT + 'error_log = "/var/log/tusk.log"\n',
    ),
    "a site's name": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'server_name'; one tusk serves one site, for every host name",
        ],
        toml=ROOT + 'server_name = "example.com"\n',
    ),
}
