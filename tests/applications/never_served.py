"""Files that must never reach a client, planted in an application's root as people leave them
lying about there; and the look whether one does."""

MARK = "MUST-NOT-BE-SEEN"

# In the root of any application. PHP that is run prints the mark, PHP that is sent holds it.
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

# How else the same file may be asked for.
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
    """Writes them, those of the application behind the usual ones, and returns their paths."""
    planted = []
    for name in [*ANYWHERE, *more]:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        is_script = target.suffix == ".php"
        # Of a script that would run it shows; of one that must not, neither does.
        text = f"<?php echo 'MUST-NOT-', 'BE-SEEN'; // {MARK}" if is_script else f"; {MARK} {name}"
        if not target.exists():
            target.write_text(text)
        planted.append("/" + name)
    return planted


def look(server, planted: list) -> None:
    """Asks for each of them in every disguise: no answer has anything of them."""
    seen = []
    for path in planted:
        # A new connection for each: what is refused may close it.
        for disguise in DISGUISES:
            target = disguise(path).replace("#", "%23")
            with server.raw() as connection:
                response = connection.get(target, "Connection: close")
            if MARK.encode() in response.body:
                seen.append((target, response.status))
            elif target == path and response.status == 200:
                # An application's own page; but for what is at the root, that is no answer.
                first = path.split("/")[1]
                if first.startswith("."):
                    seen.append((target, 200))
    assert not seen, seen
