"""The applications under test: Debian trixie's packages, fetched once, unpacked, never installed.

They are kept in $TUSK_PREFIX/applications-RECIPE. What a test changes is in a copy of its own."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from harness.server import REPOSITORY

# Each with its run-time dependencies (without PHP itself).
PACKAGES = {
    "wordpress": [
        "wordpress",
        "wordpress-theme-twentytwentyfive",
        "libjs-cropper",
        "libjs-lodash",
        "libjs-underscore",
        "php-getid3",
    ],
    "dokuwiki": [
        "dokuwiki",
        "libjs-jquery",
        "libjs-jquery-cookie",
        "libjs-jquery-ui",
        "libphp-simplepie",
        "php-constant-time",
        "php-geshi",
        "php-kissifrot-php-ixr",
        "php-phpseclib3",
        "php-random-compat",
    ],
    "mediawiki": ["mediawiki", "mediawiki-classes"],
    # php-symfony-framework-bundle 6.4 with its dependencies, and what else the guest book uses
    # (Twig, forms with CSRF protection, validation, MIME types), as computed once by apt-cache
    # depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances}
    "symfony": [
        "php-psr-cache",
        "php-psr-container",
        "php-psr-event-dispatcher",
        "php-psr-log",
        "php-symfony-cache",
        "php-symfony-cache-contracts",
        "php-symfony-config",
        "php-symfony-dependency-injection",
        "php-symfony-deprecation-contracts",
        "php-symfony-error-handler",
        "php-symfony-event-dispatcher",
        "php-symfony-event-dispatcher-contracts",
        "php-symfony-filesystem",
        "php-symfony-finder",
        "php-symfony-form",
        "php-symfony-framework-bundle",
        "php-symfony-http-foundation",
        "php-symfony-http-kernel",
        "php-symfony-mime",
        "php-symfony-options-resolver",
        "php-symfony-password-hasher",
        "php-symfony-property-access",
        "php-symfony-property-info",
        "php-symfony-routing",
        "php-symfony-security-core",
        "php-symfony-security-csrf",
        "php-symfony-service-contracts",
        "php-symfony-string",
        "php-symfony-translation-contracts",
        "php-symfony-twig-bridge",
        "php-symfony-twig-bundle",
        "php-symfony-validator",
        "php-symfony-var-dumper",
        "php-symfony-var-exporter",
        "php-twig",
    ],
    # What Symfony's recipe has for a project's front controller.
    "symfony-runtime": ["php-symfony-runtime"],
    # As computed by the same from php-laravel-framework (10.48), and from phpmyadmin with the
    # JavaScript that its pages load.
    "laravel": [
        "php-brick-math",
        "php-dflydev-dot-access-data",
        "php-doctrine-inflector",
        "php-doctrine-lexer",
        "php-dragonmantank-cron-expression",
        "php-email-validator",
        "php-fruitcake-php-cors",
        "php-graham-campbell-result-type",
        "php-guzzlehttp-uri-template",
        "php-illuminate-auth",
        "php-illuminate-broadcasting",
        "php-illuminate-bus",
        "php-illuminate-cache",
        "php-illuminate-collections",
        "php-illuminate-conditionable",
        "php-illuminate-config",
        "php-illuminate-console",
        "php-illuminate-container",
        "php-illuminate-contracts",
        "php-illuminate-cookie",
        "php-illuminate-database",
        "php-illuminate-encryption",
        "php-illuminate-events",
        "php-illuminate-filesystem",
        "php-illuminate-hashing",
        "php-illuminate-http",
        "php-illuminate-log",
        "php-illuminate-macroable",
        "php-illuminate-mail",
        "php-illuminate-notifications",
        "php-illuminate-pagination",
        "php-illuminate-pipeline",
        "php-illuminate-process",
        "php-illuminate-queue",
        "php-illuminate-redis",
        "php-illuminate-routing",
        "php-illuminate-session",
        "php-illuminate-support",
        "php-illuminate-testing",
        "php-illuminate-translation",
        "php-illuminate-validation",
        "php-illuminate-view",
        "php-laravel-framework",
        "php-laravel-prompts",
        "php-laravel-serializable-closure",
        "php-league-commonmark",
        "php-league-config",
        "php-league-flysystem",
        "php-league-mime-type-detection",
        "php-monolog",
        "php-nesbot-carbon",
        "php-nette-schema",
        "php-nette-utils",
        "php-nunomaduro-termwind",
        "php-phpoption",
        "php-psr-clock",
        "php-psr-container",
        "php-psr-event-dispatcher",
        "php-psr-log",
        "php-psr-simple-cache",
        "php-ramsey-collection",
        "php-ramsey-uuid",
        "php-symfony-console",
        "php-symfony-css-selector",
        "php-symfony-deprecation-contracts",
        "php-symfony-error-handler",
        "php-symfony-event-dispatcher",
        "php-symfony-event-dispatcher-contracts",
        "php-symfony-finder",
        "php-symfony-http-foundation",
        "php-symfony-http-kernel",
        "php-symfony-mailer",
        "php-symfony-mime",
        "php-symfony-process",
        "php-symfony-routing",
        "php-symfony-service-contracts",
        "php-symfony-string",
        "php-symfony-translation",
        "php-symfony-translation-contracts",
        "php-symfony-uid",
        "php-symfony-var-dumper",
        "php-tijsverkoyen-css-to-inline-styles",
        "php-vlucas-phpdotenv",
        "php-voku-portable-ascii",
        "php-webmozart-assert",
    ],
    "phpmyadmin": [
        "libjs-bootstrap5",
        "libjs-codemirror",
        "libjs-jquery",
        "libjs-jquery-metadata",
        "libjs-jquery-mousewheel",
        "libjs-jquery-tablesorter",
        "libjs-jquery-timepicker",
        "libjs-jquery-ui",
        "libjs-sphinxdoc",
        "libjs-underscore",
        "php-composer-ca-bundle",
        "php-fig-http-message-util",
        "php-getallheaders",
        "php-google-recaptcha",
        "php-mariadb-mysql-kbs",
        "php-nikic-fast-route",
        "php-phpmyadmin-motranslator",
        "php-phpmyadmin-shapefile",
        "php-phpmyadmin-sql-parser",
        "php-psr-cache",
        "php-psr-container",
        "php-psr-http-factory",
        "php-psr-http-message",
        "php-psr-log",
        "php-slim-psr7",
        "php-symfony-cache",
        "php-symfony-cache-contracts",
        "php-symfony-config",
        "php-symfony-dependency-injection",
        "php-symfony-deprecation-contracts",
        "php-symfony-expression-language",
        "php-symfony-filesystem",
        "php-symfony-service-contracts",
        "php-symfony-var-exporter",
        "php-twig",
        "php-twig-i18n-extension",
        "php-webmozart-assert",
        "phpmyadmin",
    ],
}
# Debian's dokuwiki is configured by its package scripts and leaves the application's own installer
# out; it is in the source package.
SOURCES = {
    "wordpress": None,
    "dokuwiki": "dokuwiki",
    "mediawiki": None,
    "symfony": None,
    "symfony-runtime": None,
    "laravel": None,
    "phpmyadmin": None,
}

_PREFIX = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk").absolute()
_FETCH = REPOSITORY / "tools/setup/debian.sh"


def unpacked(application: str) -> Path:
    """Returns the root of a file system tree with the application's packages in it. Fetches
    missing packages; fails with the reason if it cannot."""
    recipe = hashlib.sha256(repr((PACKAGES[application], SOURCES[application])).encode())
    tree = _PREFIX / f"applications-{recipe.hexdigest()[:8]}" / application
    tree.parent.mkdir(parents=True, exist_ok=True)
    with open(tree.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not tree.is_dir():
            _fetch(application, tree)
    return tree


def _fetch(application: str, tree: Path) -> None:
    new = tree.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    _run("unpack", new, *PACKAGES[application])
    if source := SOURCES[application]:
        _run("source", new / "source", source)
        tarball = next((new / "source").glob("*.orig.tar.*"))
        subprocess.run(
            ["tar", "-xf", tarball, "-C", new / "source", "--strip-components=1"], check=True
        )
    new.rename(tree)


def _run(*arguments) -> None:
    done = subprocess.run(
        [_FETCH, *map(str, arguments)],
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{_FETCH.name} {' '.join(map(str, arguments))} failed (status {done.returncode}).\n"
            "The tests of real applications need Debian's package mirror once; "
            f"TUSK_SKIP_APPLICATIONS=1 leaves them out.\n{done.stdout}"
        )


def copy(source: Path, target: Path, *leave_out: str) -> Path:
    """Copies a directory, following links whose targets exist, for a test to write to."""
    named = shutil.ignore_patterns(*leave_out)

    def unwanted(directory: str, names: list) -> set:
        # copytree's own ignore_dangling_symlinks treats relative links as dangling.
        dangling = {n for n in names if not os.path.exists(os.path.join(directory, n))}
        return dangling | set(named(directory, names))

    shutil.copytree(source, target, dirs_exist_ok=True, ignore=unwanted)
    for path in [target, *target.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o600)
    return target


def rewrite(root: Path, replacements: dict) -> None:
    """Replaces texts (paths, as a rule) in all PHP files below root."""
    for path in root.rglob("*.php"):
        text = path.read_bytes()
        changed = text
        for old, new in replacements.items():
            changed = changed.replace(old.encode(), str(new).encode())
        if changed != text:
            path.write_bytes(changed)
