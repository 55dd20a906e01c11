"""PHP's directives and extensions."""

from harness.broken_configurations.case import Case, ROOT

CASES = {
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
            "warning: {dir}/t.toml:3: [php] extension: 'memcached' cannot be loaded: {extensions}/memcached.so: cannot open shared object file: No such file or directory; install it for this PHP ({php}), or remove the line",
        ],
        status=0,
        toml=ROOT + '[php]\nextension = "memcached"\n',
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
            "warning: {dir}/t.toml:3: [php] session.save_handler: no loaded extension provides the handler 'memcached': sessions cannot start; load the extension or use files",
        ],
        status=0,
        toml=ROOT + '[php]\n"session.save_handler" = "memcached"\n',
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
            "syntax error, unexpected '(' in {dir}/my.ini on line 2: PHP ignores the rest of the file",
        ],
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
}
