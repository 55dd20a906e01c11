"""Files that must never reach a client, created in an application's root as people leave them
there, and the check that none is served."""

MARK = "MUST-NOT-BE-SEEN"

# Files in the root of any application. PHP prints the mark when it is run, and contains it when it
# is sent.
ANYWHERE = [
    ".env",
    ".env.local",
    ".htaccess",
    ".htpasswd",
    ".user.ini",
    ".git/config",
    ".git/HEAD",
    ".svn/entries",
    ".hg/hgrc",
    "CVS/Entries",
    ".DS_Store",
    ".vscode/settings.json",
    "sub/.env",
    "sub/.git/config",
    "composer.json",
    "composer.lock",
    "auth.json",
    "package.json",
    "package-lock.json",
    "yarn.lock",
    "Dockerfile",
    "docker-compose.yml",
    "web.config",
    "backup.sql",
    "sub/dump.sql.gz",
    "database.sqlite",
    "database.sqlite3-wal",
    "sub/app.db",
    "sub/app.db-journal",
    "APP.DB3",
    "data.bin-shm",
    "server.key",
    "sub/private.PEM",
    "id_rsa",
    "sub/id_ed25519.old",
    "store.p12",
    "error_log",
    "debug.log",
    "sub/log/application.log",
    "php.ini",
    "vendor/composer/installed.json",
    "settings.php~",
    "settings.php.bak",
    "settings.php.old",
    "settings.php.orig",
    "settings.php.save",
    "settings.php.swp",
    ".settings.php.swp",
    "settings.php.dist",
    "settings.php5",
    "settings.phtml",
    "settings.phps",
    "settings.PHP",
    "settings.inc",
    "index.html.bak",
    "notes.txt~",
    "sub/notes.orig",
    "#notes.txt#",
]

# Other ways to request the same file.
DISGUISES = [
    lambda path: path,
    lambda path: "/" + path,
    lambda path: path.replace("/", "//"),
    lambda path: path + "/",
    lambda path: path + "/x.css",
    lambda path: path + "%00.css",
    lambda path: path + "?v=1",
    lambda path: path[:-1] + "%%%02x" % ord(path[-1]),
    lambda path: "/index.php/.." + path,
    lambda path: "/x/%2e%2e" + path,
]


def plant(root, *more: str) -> list:
    """Writes the usual files and then the application's, and returns their paths."""
    planted = []
    for name in [*ANYWHERE, *more]:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        is_script = target.suffix == ".php"
        # If a script that may run runs, the mark shows; for a script that must not run, neither
        # source nor output shows.
        text = f"<?php echo 'MUST-NOT-', 'BE-SEEN'; // {MARK}" if is_script else f"; {MARK} {name}"
        if not target.exists():
            target.write_text(text)
        planted.append("/" + name)
    return planted


def look(server, planted: list) -> None:
    """Requests each file in every form: no answer contains any of it."""
    seen = []
    for path in planted:
        # A new connection for each request: a refusal may close it.
        for disguise in DISGUISES:
            target = disguise(path).replace("#", "%23")
            with server.raw() as connection:
                response = connection.get(target, "Connection: close")
            if MARK.encode() in response.body:
                seen.append((target, response.status))
            elif target == path and response.status == 200:
                # The application's own page is acceptable, except for files in the root.
                first = path.split("/")[1]
                if first.startswith("."):
                    seen.append((target, 200))
    assert not seen, seen
