"""Nothing outside the document root is ever sent, and no PHP source as text: a collection of
scanners' attempts, with files that would reveal a success."""

import pytest

CANARY = b"CANARY-OUTSIDE-THE-ROOT"
SOURCE = b"SOURCE-OF-A-SCRIPT"

DOTS = """
    .. %2e%2e .%2e %2e. %2E%2E %252e%252e %c0%ae%c0%ae %c0%2e%c0%2e %e0%80%ae%e0%80%ae
    %f0%80%80%ae%f0%80%80%ae ..%00 %00.. ..; ..;x=1 ... .... ..%20 ..%09 %uff0e%uff0e
    %u002e%u002e ..%c0%80 \uff0e\uff0e \u2024\u2024 .%00. .%0d. ..%5c.. ..\\..
""".split()
SLASHES = """
    / %2f %2F %5c \\ %252f %c0%af %e0%80%af %f0%80%80%af %u2215 %u2216 // /./ %2f%2f /%2f \u2215
    %00/ %ef%bc%8f
""".split()
PREFIXES = """
    / // /sub/ /sub/../ /./ /hello.php/ /upload.jpg/ /.well-known/
""".split()

CLIMBS = sorted(
    {
        prefix + (dots + slash) * depth + "canary.txt"
        for prefix in PREFIXES
        for dots in DOTS
        for slash in SLASHES
        for depth in (1, 3)
    }
)
OTHERS = [
    "/canary.txt",
    "/sub/../../canary.txt",
    "/sub/%2e%2e/%2e%2e/canary.txt",
    "/..",
    "/../",
    "/%2e%2e",
    "/%2e%2e%2f",
    "/../root/../canary.txt",
    "/../root/hello.php",
    "/sub/..%2f..%2fcanary.txt",
    "/sub%00/../../canary.txt",
    "/%00",
    "/hello.php%00",
    "/hello.php%00.txt",
    "/hello.php%00/../../canary.txt",
    "/\x7f/../../canary.txt",
    "/proc/self/environ",
    "/../../../../../../../../etc/passwd",
    "/sub/....//....//canary.txt",
    "/..%01/canary.txt",
    "/sub/.../.../canary.txt",
    "/" + "../" * 500 + "canary.txt",
    "/" + "a/" * 500 + "../" * 501 + "canary.txt",
    "/" + "%2e%2e/" * 200 + "canary.txt",
    "/file:///etc/passwd",
    "/sub/..",
    "/sub/../..",
    "/sub/../../",
    "/~root/canary.txt",
]


@pytest.fixture(scope="module", params=["classic", "fallback", "front", "no-links"])
def site(request, start_module_tusk, tmp_path_factory):
    """A root with a canary beside it, and scripts whose source would be recognised."""
    base = tmp_path_factory.mktemp("base")
    root = base / "root"
    (base / "canary.txt").write_bytes(CANARY)
    (base / "canary.php").write_bytes(b"<?php echo '" + CANARY + b"';")
    script = b"<?php /* " + SOURCE + b" */ echo 'ran';"
    for name in (
        "hello.php",
        "index.php",
        "sub/b.php",
        "HIDDEN.PHP",
        "x.phtml",
        "x.php5",
        "x.php7",
        "x.phps",
        "x.pht",
        "x.phar",
        "x.php~",
        "x.php.bak",
        "x.php.old",
        "x.php.orig",
        "x.php.save",
        "x.php.swp",
        ".x.php.swp",
        "x.php_",
        "x.php-old",
        "config.inc",
        "x.pHp",
        "x.php.",
        "x.php ",
        "#x.php#",
        "x.php.1",
        "x.php.txt",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(script)
    (root / "upload.jpg").write_bytes(b"<?php echo 'RAN-AN-UPLOAD';")
    (root / ".well-known").mkdir()
    options = {
        "classic": [],
        "fallback": ["--fallback", "/index.php"],
        "front": ["--index-file", "index.php"],
        "no-links": ["--follow-symlinks", "no"],
    }
    return start_module_tusk(root, "--workers", 1, *options[request.param])


def ask(site, targets):
    """Sends each target unchanged, and yields it with the answer."""
    connection = site.raw()
    for target in targets:
        connection.send(b"GET " + target.encode("utf-8") + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        response = connection.response()
        yield target, response
        if response.header("connection") == "close":
            connection.close()
            connection = site.raw()
    connection.close()


def test_no_way_out_of_the_root(site):
    """Some seven thousand spellings of `../canary.txt`. Its content is never sent; a refused
    path is 400 or 404, and any other path reaches at most the front controller."""
    for target, response in ask(site, CLIMBS + OTHERS):
        assert CANARY not in response.body and b"root:" not in response.body, target
        assert SOURCE not in response.body and b"RAN-AN-UPLOAD" not in response.body, target
        assert (
            response.status in (400, 404) or response.body == b"ran" or response.status == 301
        ), f"{target}: {response.status} {response.body[:200]}"


def test_a_script_outside_the_root_does_not_run(site):
    """The same paths for scripts: nothing outside is executed."""
    for target, response in ask(
        site, [t.replace("canary.txt", "canary.php") for t in CLIMBS[::7] + OTHERS]
    ):
        assert CANARY not in response.body, target


SPELLINGS = """
    /HIDDEN.PHP /x.phtml /x.php5 /x.php7 /x.phps /x.pht /x.phar /x.php~ /x.php.bak /x.php.old
    /x.php.orig /x.php.save /x.php.swp /.x.php.swp /x.php_ /x.php-old /config.inc /x.pHp /x.php.
    /x.php%20 /%23x.php%23 /x.php.1 /x.php.txt /hello.php%20 /hello.php. /hello.php%2e
    /hello.php%00 /hello.php%00.txt /hello.php::$DATA /hello.php;.txt /hello.php%0a
    /hello.php%0d%0a /hello.php%ff /Hello.php /hello.PHP /hello.ph%70%20 /sub%2fb.php
    /sub%5cb.php /sub\\b.php /hello.php\\ /hello.php%5c /hello.php%5c.txt /hello%2ephp
    /hello.php/ /hello.php/. /hello.php/x.txt /hello.php/../hello.php /sub/../hello.php
    /./hello.php //hello.php /hello.php?.txt /hello.php?/../x.txt /sub//b.php /hello.php%c0%80
    /hello.%70hp /hello.p%68p
""".split()


def test_source_is_never_sent(site):
    """Backup copies, other extensions, strange spellings: a script runs, or does not exist. Also
    with HEAD, Range and conditional requests, if there is a body at all."""
    for target, response in ask(site, SPELLINGS):
        assert SOURCE not in response.body and b"<?php" not in response.body, target
        assert (
            response.status in (400, 404) or response.body == b"ran"
        ), f"{target}: {response.status}"
    for line in (
        "Range: bytes=0-20",
        "If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT",
        "Accept-Encoding: gzip",
        "Translate: f",
    ):
        for target in SPELLINGS:
            with site.raw() as connection:
                response = connection.get(target, line)
                assert SOURCE not in response.body and b"<?php" not in response.body, (target, line)


def test_an_upload_is_never_run(site):
    """PHP-FPM's classic mistake: a path behind an image that ends in .php."""
    for target, response in ask(
        site,
        [
            "/upload.jpg/x.php",
            "/upload.jpg/.php",
            "/upload.jpg%00x.php",
            "/upload.jpg/hello.php",
            "/upload.jpg/..%2fhello.php",
            "/upload.jpg;x.php",
            "/upload.jpg%0a.php",
            "/upload.jpg/index.php/",
        ],
    ):
        assert b"RAN-AN-UPLOAD" not in response.body, target


def test_other_methods_find_no_way_either(site):
    """POST, HEAD, OPTIONS, PUT: the same paths get the same answers, and nothing is written."""
    for target in [
        "/../canary.txt",
        "/%2e%2e/canary.txt",
        "/sub/..%2f..%2fcanary.txt",
        "/..%5ccanary.txt",
    ]:
        for method in ("POST", "HEAD", "OPTIONS", "PUT", "DELETE"):
            with site.raw() as connection:
                response = connection.request(
                    method, target, body=b"" if method == "HEAD" else b"overwritten"
                ).response(method)
                assert CANARY not in response.body, (method, target)
    assert (site.root.parent / "canary.txt").read_bytes() == CANARY
