"""Typical broken configurations, and the messages that tusk must print: what is wrong, where, and
what to do. `site` contains an index.php; {dir} is the directory of all files, and {extensions}
where PHP looks for extensions.

Each message was read with the question whether a person could repair the file with nothing else.
To add a case, write down what a user has to be told, not what tusk prints."""

from dataclasses import dataclass, field


@dataclass
class Case:
    says: list  # lines of stderr, without "tusk: "
    status: int = 2
    toml: str | bytes | None = None  # of t.toml, which --config names
    args: list = field(default_factory=list)  # after "check"
    command: str | None = "check"
    env: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)  # name → text


ROOT = 'document_root = "site"\n'

CASES = {
    # --- invalid TOML ---
    "yes in place of true": Case(
        says=[
            "{dir}/t.toml:2: 'yes' is not a value: write http2 = true",
        ],
        toml=ROOT + "http2 = yes\n",
    ),
    "On in place of true": Case(
        says=[
            "{dir}/t.toml:2: 'On' is not a value: write access_log = true",
        ],
        toml=ROOT + "access_log = On\n",
    ),
    "True with a capital": Case(
        says=[
            "{dir}/t.toml:2: 'True' is not a value: write access_log = true",
        ],
        toml=ROOT + "access_log = True\n",
    ),
    "text without quotes": Case(
        says=[
            '{dir}/t.toml:1: text needs quotes: write document_root = "site"',
        ],
        toml="document_root = site\n",
    ),
    "a path without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write fallback = "/index.php"',
        ],
        toml=ROOT + "fallback = /index.php\n",
    ),
    "a time without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write request_timeout = "30s"',
        ],
        toml=ROOT + "request_timeout = 30s\n",
    ),
    "a size without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write request_body_bytes = "64M"',
        ],
        toml=ROOT + "request_body_bytes = 64M\n",
    ),
    "a size of PHP's without quotes": Case(
        says=[
            '{dir}/t.toml:3: text needs quotes: write memory_limit = "128M"',
        ],
        toml=ROOT + "[php]\nmemory_limit = 128M\n",
    ),
    "On below [php]": Case(
        says=[
            "{dir}/t.toml:3: 'Off' is not a value: write display_errors = false",
        ],
        toml=ROOT + "[php]\ndisplay_errors = Off\n",
    ),
    "an address without quotes": Case(
        says=[
            '{dir}/t.toml:2: text needs quotes: write listen = "127.0.0.1:8080"',
        ],
        toml=ROOT + "listen = 127.0.0.1:8080\n",
    ),
    "a list without quotes": Case(
        says=[
            '{dir}/t.toml:2: each text in a list needs quotes, and a comma between them: ["a", "b"]',
        ],
        toml=ROOT + "listen = [:8080, :8081]\n",
    ),
    "a list of several lines without quotes": Case(
        says=[
            '{dir}/t.toml:3: each text in a list needs quotes, and a comma between them: ["a", "b"]',
        ],
        toml=ROOT + "listen = [\n  :8080,\n]\n",
    ),
    "a list without brackets": Case(
        says=[
            '{dir}/t.toml:2: a list needs brackets: write listen = [":8080", ":8081"]',
        ],
        toml=ROOT + 'listen = ":8080", ":8081"\n',
    ),
    "the quote is not closed": Case(
        says=[
            '{dir}/t.toml:1: the text after \'document_root\' begins with " and is not closed: is the quote at its end missing?',
        ],
        toml='document_root = "site\nphp_workers = 4\n',
    ),
    "the list is not closed": Case(
        says=[
            "{dir}/t.toml:2: the list after 'listen' is not closed, or a comma is missing in it: it ends with ]",
        ],
        toml=ROOT + 'listen = [":8080", ":8081"\nphp_workers = 4\n',
    ),
    "typographic quotes": Case(
        says=[
            '{dir}/t.toml:1: the quotes around the value of document_root are typographic: write plain ones, "..."',
        ],
        toml="document_root = “site”\n",
    ),
    "a backslash in quotes": Case(
        says=[
            '{dir}/t.toml:3: in "..." a backslash begins an escape: put the value of regex in single quotes, \'...\', where it stands for itself',
        ],
        toml=ROOT + '[[rules]]\nregex = "\\.bak$"\ndeny = true\n',
    ),
    "a key twice": Case(
        says=[
            "{dir}/t.toml:4: php_workers is set twice, first in line 2: keep one of them",
        ],
        toml=ROOT + "php_workers = 4\nhttp2 = true\nphp_workers = 8\n",
    ),
    "[php] twice": Case(
        says=[
            "{dir}/t.toml:4: [php] occurs twice, first in line 2: write all of its keys below the first",
        ],
        toml=ROOT + '[php]\nprecision = 5\n[php]\nmemory_limit = "1G"\n',
    ),
    "a key of [php] twice": Case(
        says=[
            "{dir}/t.toml:4: memory_limit is set twice, first in line 3: keep one of them",
        ],
        toml=ROOT + '[php]\nmemory_limit = "1G"\nmemory_limit = "2G"\n',
    ),
    "a colon in place of =": Case(
        says=[
            '{dir}/t.toml:1: there is no = after \'document_root\': write document_root = "site"',
        ],
        toml='document_root: "site"\n',
    ),
    "a blank in place of =": Case(
        says=[
            '{dir}/t.toml:1: there is no = after \'document_root\': write document_root = "site"',
        ],
        toml="document_root site\n",
    ),
    "a semicolon at the end": Case(
        says=[
            '{dir}/t.toml:2: a line ends without \';\': write fallback = "/index.php"',
        ],
        toml=ROOT + 'fallback = "/index.php";\n',
    ),
    "a comma at the end": Case(
        says=[
            "{dir}/t.toml:2: a line ends without ',': write php_workers = 4",
        ],
        toml=ROOT + "php_workers = 4,\n",
    ),
    "a comment of C": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #, not with '//'",
        ],
        toml=ROOT + "// workers\nphp_workers = 4\n",
    ),
    "a comment of php.ini": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #, not with ';'",
        ],
        toml=ROOT + "; workers\nphp_workers = 4\n",
    ),
    "a comment of C at the end": Case(
        says=[
            "{dir}/t.toml:2: a comment begins with #: write php_workers = 4  # ...",
        ],
        toml=ROOT + "php_workers = 4 // four\n",
    ),
    "no value": Case(
        says=[
            "{dir}/t.toml:2: php_workers has no value: write one after the =, or remove the line; its default is 0",
        ],
        toml=ROOT + "php_workers =\n",
    ),
    "[php] is not closed": Case(
        says=[
            "{dir}/t.toml:2: '[php' is not closed: write [php]",
        ],
        toml=ROOT + '[php\nmemory_limit = "1G"\n',
    ),
    "a blank in a key": Case(
        says=[
            "{dir}/t.toml:1: 'document root' is not a key, which is one word; did you mean document_root?",
        ],
        toml="document root = 'site'\n",
    ),
    "nginx's blocks": Case(
        says=[
            "{dir}/t.toml:1: 'server {' is not TOML, perhaps nginx's: there are no blocks, write key = value",
        ],
        toml="server {\n  listen 80;\n}\n",
    ),
    "JSON": Case(
        says=[
            "{dir}/t.toml:1: this is not TOML, perhaps JSON: write key = value",
        ],
        toml='{\n  "listen": ":8080"\n}\n',
    ),
    "a zero in front": Case(
        says=[
            "{dir}/t.toml:2: a number has no 0 in front: write php_workers = 8",
        ],
        toml=ROOT + "php_workers = 08\n",
    ),
    "not UTF-8": Case(
        says=[
            "{dir}/t.toml:1: the file is not text in UTF-8",
        ],
        toml=b'# caf\xe9\ndocument_root = "site"\n',
    ),
    # --- names ---
    "a key with a missing letter": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'php_wokers'; did you mean php_workers?",
        ],
        toml=ROOT + "php_wokers = 4\n",
    ),
    "nginx's name of a limit": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'client_max_body_size'; did you mean request_body_bytes?",
        ],
        toml=ROOT + 'client_max_body_size = "64M"\n',
    ),
    "a port": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'port'; did you mean listen?",
        ],
        toml=ROOT + "port = 8080\n",
    ),
    "a php.ini directive at the top": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'memory_limit'; that is php.ini's: write it below [php]",
        ],
        toml=ROOT + 'memory_limit = "1G"\n',
    ),
    "PHP's table at the top": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'opcache'; that is php.ini's: write opcache.NAME below [php]",
        ],
        toml=ROOT + "[opcache]\nenable = 1\n",
    ),
    "an option below [php]": Case(
        says=[
            "{dir}/t.toml:4: php_workers is an option of tusk: write it above [php]",
        ],
        toml=ROOT + '[php]\nmemory_limit = "1G"\nphp_workers = 4\n',
    ),
    "PHP-FPM's pool": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'www'; the only tables are [php] and [[rules]]",
        ],
        toml=ROOT + '[www]\n"pm.max_children" = 5\n',
    ),
    "a user": Case(
        says=[
            "{dir}/t.toml:2: unknown key 'user'; tusk runs as the user who starts it (systemd: User= and Group=)",
        ],
        toml=ROOT + 'user = "www-data"\n',
    ),
    "rules as a table": Case(
        says=[
            "{dir}/t.toml:2: rules are written as [[rules]], each with its keys below it",
        ],
        toml=ROOT + '[rules]\npath = "/old"\n',
    ),
    "a rule with a word of nginx's": Case(
        says=[
            "{dir}/t.toml:3: unknown key 'location' in a rule; did you mean path?",
        ],
        toml=ROOT + '[[rules]]\nlocation = "/old"\nredirect = "/new"\n',
    ),
    "a rule that does two things": Case(
        says=[
            "{dir}/t.toml:2: a rule can have only one of redirect, rewrite and deny",
        ],
        toml=ROOT + '[[rules]]\npath = "/old"\nredirect = "/new"\ndeny = true\n',
    ),
    "a flag with a missing letter": Case(
        says=[
            "unknown option --wokers; did you mean --workers?",
        ],
        args=["--root", "site", "--wokers", "4"],
    ),
    "nginx's name as a flag": Case(
        says=[
            "unknown option --port; did you mean --listen?",
        ],
        args=["--root", "site", "--port", "80"],
    ),
    "a directive as a flag": Case(
        says=[
            "unknown option --memory-limit; that is php.ini's: write -d memory_limit=VALUE",
        ],
        args=["--root", "site", "--memory-limit", "1G"],
    ),
    "a directory as a command": Case(
        says=[
            "unknown command 'site/'; to serve a directory write --root site/",
        ],
        args=["site/"],
        command=None,
    ),
    "a variable with a missing letter": Case(
        says=[
            "warning: the environment variable PHP_WORKER is not known and has no effect; did you mean PHP_WORKERS?",
        ],
        status=0,
        toml=ROOT,
        env={"PHP_WORKER": "4"},
    ),
    "a variable that is somebody else's": Case(
        says=[
            "warning: ACCESS_LOG: '/var/log/a.log' is neither on nor off (1, true, yes; 0, false, no); ignored as another program's variable (tusk's own name for it is TUSK_ACCESS_LOG)",
            "warning: COMPRESSION: 'true' is not one of zstd, br, gzip, off; ignored as another program's variable (tusk's own name for it is TUSK_COMPRESSION)",
        ],
        status=0,
        toml=ROOT,
        env={"ACCESS_LOG": "/var/log/a.log", "COMPRESSION": "true"},
    ),
    "our own variable": Case(
        says=[
            "TUSK_ACCESS_LOG: '/var/log/a.log' is neither on nor off (1, true, yes; 0, false, no)",
        ],
        toml=ROOT,
        env={"TUSK_ACCESS_LOG": "/var/log/a.log"},
    ),
    # --- values ---
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
        status=1,
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
    # --- PHP ---
    "a directive with a missing letter": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] memory_limt: no loaded extension defines it, so it has no effect; did you mean memory_limit?",
        ],
        status=0,
        toml=ROOT + '[php]\nmemory_limt = "1G"\n',
    ),
    "a directive of nobody": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] xdebug.mode: no loaded extension defines it, so it has no effect; load the extension or remove the line",
        ],
        status=0,
        toml=ROOT + '[php]\n"xdebug.mode" = "debug"\n',
    ),
    "a size that PHP does not know": Case(
        says=[
            'warning: {dir}/t.toml:3: [php] memory_limit: Invalid quantity "128Q": unknown multiplier "Q", interpreting as "128" for backwards compatibility; write a number, or a size such as 128M',
        ],
        status=0,
        toml=ROOT + '[php]\nmemory_limit = "128Q"\n',
    ),
    "a time zone that is none": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] date.timezone: Invalid date.timezone value 'Europe/Berln', using 'UTC' instead; names are like Europe/Berlin",
        ],
        status=0,
        toml=ROOT + '[php]\n"date.timezone" = "Europe/Berln"\n',
    ),
    "an error level that is none": Case(
        says=[
            "warning: -d error_reporting: 'E_ALLL' is neither a number nor a constant such as E_ALL; PHP treats it as 0 and reports nothing",
        ],
        status=0,
        args=["--root", "site", "-d", "error_reporting=E_ALLL"],
    ),
    "a switch that is none": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] log_errors: 'Onn' is neither On nor Off; PHP treats it as Off",
        ],
        status=0,
        toml=ROOT + '[php]\nlog_errors = "Onn"\n',
    ),
    "an extension that is not there": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] extension: 'redis' cannot be loaded: {extensions}/redis.so: cannot open shared object file: No such file or directory; install it for this PHP (PHP 8.4, thread-safe), or remove the line",
        ],
        status=0,
        toml=ROOT + '[php]\nextension = "redis"\n',
    ),
    "a value that needs quotes": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] error_append_string: PHP cannot read 'a(b' (syntax error, unexpected '('), nor what follows: put the value in double quotes of its own",
        ],
        status=0,
        toml=ROOT + '[php]\nerror_append_string = "a(b"\n',
    ),
    "an upload over a post": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] upload_max_filesize: is 64M and more than post_max_size, which is 8M: larger uploads do not arrive; raise post_max_size",
        ],
        status=0,
        toml=ROOT + '[php]\nupload_max_filesize = "64M"\n',
    ),
    "an upload over a body": Case(
        says=[
            "warning: {dir}/t.toml:4: [php] upload_max_filesize: is 64M and more than request_body_bytes, which is 32MiB: larger uploads are answered 413; raise request_body_bytes",
        ],
        status=0,
        toml=ROOT + 'request_body_bytes = "32M"\n[php]\nupload_max_filesize = "64M"\npost_max_size = "65M"\n',
    ),
    "a post over a body": Case(
        says=[
            "warning: {dir}/t.toml:4: [php] post_max_size: is 65M and more than request_body_bytes, which is 32MiB: larger requests are answered 413; raise request_body_bytes",
        ],
        status=0,
        toml=ROOT + 'request_body_bytes = "32M"\n[php]\npost_max_size = "65M"\n',
    ),
    "no such directory of sessions": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] session.save_path: /nowhere/sessions: No such file or directory; create the directory or set another one",
        ],
        status=0,
        toml=ROOT + '[php]\n"session.save_path" = "/nowhere/sessions"\n',
    ),
    "no such handler of sessions": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] session.save_handler: no loaded extension provides the handler 'redis': sessions cannot start; load the extension or use files",
        ],
        status=0,
        toml=ROOT + '[php]\n"session.save_handler" = "redis"\n',
    ),
    "no such directory of uploads": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] upload_tmp_dir: /nowhere/uploads: No such file or directory; create the directory or set another one",
        ],
        status=0,
        toml=ROOT + '[php]\nupload_tmp_dir = "/nowhere/uploads"\n',
    ),
    "no such directory of the log": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] error_log: /nowhere: No such file or directory; create the directory or set another one",
        ],
        status=0,
        toml=ROOT + '[php]\nerror_log = "/nowhere/php.log"\n',
    ),
    "no such file before scripts": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] auto_prepend_file: /nowhere/first.php: No such file or directory; no script runs without it",
        ],
        status=0,
        toml=ROOT + '[php]\nauto_prepend_file = "/nowhere/first.php"\n',
    ),
    "open_basedir without the root": Case(
        says=[
            "warning: {dir}/t.toml:3: [php] open_basedir: does not allow the document root, {dir}/site: no script there can be run; add it to /usr/share",
        ],
        status=0,
        toml=ROOT + '[php]\nopen_basedir = "/usr/share"\n',
    ),
    "a php.ini with a missing letter": Case(
        says=[
            "warning: php.ini: memory_limt: no loaded extension defines it, so it has no effect; did you mean memory_limit?",
        ],
        status=0,
        toml=ROOT + 'php_ini = "my.ini"\n',
        files={"my.ini": "memory_limt = 1G\n"},
    ),
    "a php.ini that is none": Case(
        says=[
            "warning: php.ini: syntax error, unexpected '(' in {dir}/my.ini on line 2, and nothing after it is read: put the value there in double quotes",
        ],
        status=0,
        toml=ROOT + 'php_ini = "my.ini"\n',
        files={"my.ini": "precision = 7\nfoo(bar\n"},
    ),
    "PHP_DEFINE with a missing letter": Case(
        says=[
            "warning: PHP_DEFINE: max_execution_tme: no loaded extension defines it, so it has no effect; did you mean max_execution_time?",
        ],
        status=0,
        toml=ROOT,
        env={"PHP_DEFINE": "max_execution_tme=10"},
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
            "{dir}/t.toml:2: unknown key 'error_log'; the log goes to stderr; log_level and log_format say how",
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
