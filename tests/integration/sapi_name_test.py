"""The SAPI name that scripts see: PHP_SAPI and php_sapi_name()."""

import subprocess

import pytest

from harness.php_build import is_debians, php_program
from harness.server import needs_cached_scripts, run_tusk

SHOW = """<?php
$call = 'php_sapi_name';
echo json_encode([PHP_SAPI, \\PHP_SAPI, php_sapi_name(), $call(), constant('PHP_SAPI'),
    (function () { return PHP_SAPI === 'fpm-fcgi' ? 'fpm-fcgi' : php_sapi_name(); })(),
    eval('return PHP_SAPI;'), get_defined_constants()['PHP_SAPI'],
]);
"""
NAMES = ["fpm-fcgi", "cli-server", "apache2handler", "cgi-fcgi", "litespeed", "frankenphp"]
NAMES += ["uwsgi", "ngx-php", "tusk"]

# How applications detect PHP's development server, and what they do then.
APPLICATIONS = {
    "grav": """<?php
        if (PHP_SAPI == 'cli-server') {
            $symfony = stripos(getenv('_'), 'symfony') !== false;
            if (!isset($_SERVER['PHP_CLI_ROUTER']) && !$symfony) {
                die('PHP webserver requires a router to run Grav');
            }
        }
        echo 'page';""",
    "cakephp": """<?php
        if (PHP_SAPI === 'cli-server') {
            $_SERVER['PHP_SELF'] = '/' . basename(__FILE__);
            $url = parse_url(urldecode($_SERVER['REQUEST_URI']));
            if (!str_contains($url['path'], '..') && is_file(__DIR__ . $url['path'])) return false;
        }
        echo 'page';""",
    "mezzio": """<?php
        if (PHP_SAPI === 'cli-server' && $_SERVER['SCRIPT_FILENAME'] !== __DIR__ . '/none.php') {
            return false;
        }
        echo 'page';""",
    "laminas": """<?php
        if (php_sapi_name() === 'cli-server') {
            $path = realpath(__DIR__ . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
            if (is_string($path) && is_file($path)) return false;
        }
        echo 'page';""",
    "dokuwiki": """<?php
        if (php_sapi_name() === 'cli-server') { echo 'the router answers'; return; }
        echo 'page';""",
    "terminal": """<?php
        if (in_array(PHP_SAPI, ['cli', 'phpdbg', 'embed'], true) || defined('STDIN')) exit(1);
        echo 'page';""",
}


@pytest.fixture
def root(make_root):
    return make_root({"show.php": SHOW, "plain.php": "<?php echo 'plain';"})


def seen(tusk, path="/show.php") -> set:
    return set(tusk.get(path).json())


@pytest.mark.parametrize("name", NAMES)
def test_every_way_to_ask_returns_the_option(start_tusk, root, name):
    """Compiled code, cached code, every worker: the name is the same; OPcache works under any of
    the names."""
    tusk = start_tusk(root, "--sapi-name", name, "--workers", 2)
    for _ in range(6):
        assert seen(tusk) == {name}


def test_without_the_option(start_tusk, root):
    assert seen(start_tusk(root)) == {"fpm-fcgi"}
    assert seen(start_tusk(root, env={"SAPI_NAME": "tusk"})) == {"tusk"}


@pytest.mark.parametrize("name", ["cli", "cgi", "phpdbg", "embed", "no-such", ""])
def test_names_under_which_php_would_behave_otherwise(root, name):
    """php://fd, errors to stderr, a terminal: these names are refused, and so are unknown ones."""
    done = run_tusk("check", "--root", root, f"--sapi-name={name}")
    assert done.returncode != 0 and "--sapi-name" in done.stderr and "fpm-fcgi" in done.stderr


@pytest.mark.parametrize("application", APPLICATIONS)
def test_applications_see_a_production_server(start_tusk, make_root, application):
    root = make_root({"index.php": APPLICATIONS[application]})
    tusk = start_tusk(root, "--fallback", "/index.php")
    for path in ("/", "/index.php", "/some/page"):
        answer = tusk.get(path)
        assert (answer.status_code, answer.text) == (200, "page"), path


@needs_cached_scripts
def test_preloaded_code_has_the_name(start_tusk, make_root):
    """OPcache compiles it while PHP starts."""
    root = make_root(
        {
            "preload.php": "<?php define('SEEN', PHP_SAPI); class Preloaded {"
            " const NAME = PHP_SAPI; public $name = PHP_SAPI;"
            " static function both() { return [PHP_SAPI, php_sapi_name(), self::NAME,"
            " (new self)->name]; } } file_put_contents(__DIR__ . '/seen', php_sapi_name());",
            "show.php": "<?php echo json_encode(Preloaded::both());",
        }
    )
    preload = ["-d", f"opcache.preload={root}/preload.php", "-d", "opcache.preload_user=root"]
    for name in ("uwsgi", "fpm-fcgi"):
        tusk = start_tusk(root, "--sapi-name", name, *preload)
        assert seen(tusk) == {name} and (root / "seen").read_text() == name


@needs_cached_scripts
@pytest.mark.parametrize("only", [0, 1])
def test_a_file_cache_of_another_name(start_tusk, root, tmp_path, only):
    """The files that OPcache leaves contain the SAPI name under which it ran: they are not used
    under another name, nor are those of PHP's other programs."""
    cache = tmp_path / "cache"
    cache.mkdir()
    directives = [f"opcache.file_cache={cache}", f"opcache.file_cache_only={only}"]
    directives += ["opcache.file_update_protection=0"]  # the script is new
    flags = [word for directive in directives for word in ("-d", directive)]
    cli = [php_program(), "-n", "-d", "zend_extension=opcache"]
    cli += ["-d", "opcache.enable_cli=1", *flags, root / "show.php"]
    assert b'"cli"' in subprocess.run(cli, capture_output=True, check=True).stdout
    for name in ("cli-server", "fpm-fcgi", "tusk", "fpm-fcgi"):
        tusk = start_tusk(root, "--sapi-name", name, *flags)
        assert seen(tusk) == {name} == seen(tusk)
        tusk.stop()
    assert len(list(cache.iterdir())) == 4, "there must be one cache for each name"
    assert list(cache.rglob("show.php.bin")), "the caches must be used"


def test_webphar_has_its_paths(start_tusk, root):
    """Phar::webPhar() reads other variables under some names; both kinds exist."""
    build = """
        $phar = new Phar($argv[1], 0, 'app.phar');
        $phar['index.php'] = '<?php echo "front ", $_SERVER["PATH_INFO"] ?? "";';
        $phar['page.php'] = '<?php echo "page ", PHP_SAPI;';
        $phar['a/text.txt'] = 'text';
        $phar->setStub('<?php Phar::webPhar("app.phar", "index.php"); __HALT_COMPILER();');
    """
    loaded = ["-d", "extension=phar"] if is_debians() else []
    php = [php_program(), "-n", *loaded, "-d", "phar.readonly=0", "-r", build, "--"]
    subprocess.run([*php, root / "app.phar"], check=True)
    (root / "app.phar").rename(root / "app.php")
    for name in ("fpm-fcgi", "cli-server", "cgi-fcgi"):
        tusk = start_tusk(root, "--sapi-name", name)
        assert tusk.get("/app.php/page.php").text == f"page {name}"
        assert tusk.get("/app.php/a/text.txt").text == "text"
        assert tusk.get("/app.php/index.php").text.startswith("front")
        assert tusk.get("/app.php").headers["location"].endswith("/app.php/index.php")
        assert tusk.get("/app.php/none.php").status_code == 404
