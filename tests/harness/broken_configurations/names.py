"""Options under other names."""

from harness.broken_configurations.case import Case, ROOT

CASES = {
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
            "{dir}/t.toml:2: unknown key 'www'; the only tables are [php], [[listen]], [[rules]] and [[pool]]",
        ],
        toml=ROOT + '[www]\n"pm.max_children" = 5\n',
    ),
    "a user": Case(
        says=[
            "{dir}/t.toml:2: user: there is no user 'no-such-user'",
        ],
        status=1,
        toml=ROOT + 'user = "no-such-user"\n',
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
}
