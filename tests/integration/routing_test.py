"""Which script answers a path, and which variables it gets."""

import json
import re

import pytest

from harness.server import run_tusk

SHOW = (
    b"<?php echo json_encode([basename(__DIR__) . '/' . basename(__FILE__), $_SERVER['SCRIPT_NAME'],"
    b" $_SERVER['PATH_INFO'] ?? null, $_SERVER['PHP_SELF'], $_SERVER['REQUEST_URI'],"
    b" $_SERVER['QUERY_STRING']],"
    b" JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);"
)

FILES = {
    "index.php": SHOW,
    "a.php": SHOW,
    "sub/index.php": SHOW,
    "sub/b.php": SHOW,
    "dir.php/c.php": SHOW,
    "dir.php/x.txt": "text",
    "file.txt": "text",
    "file.txt.d/index.html": "x",
    "image.jpg": "<?php echo 'RAN';",
    "page.html": "html",
    "nothing/": "",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("routing") / "root"
    for path, content in FILES.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            target.mkdir()
        else:
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@pytest.fixture(scope="module")
def classic(start_module_tusk, root):
    """No fallback: like nginx's `try_files $uri $uri/ =404`."""
    return start_module_tusk(root, "--workers", 1)


@pytest.fixture(scope="module")
def fallback(start_module_tusk, root):
    """FALLBACK=/index.php, as WordPress, Laravel and Symfony need it."""
    return start_module_tusk(root, "--workers", 1, env={"FALLBACK": "/index.php"})


@pytest.fixture(scope="module")
def strict(start_module_tusk, root):
    """INDEX_FILE=index.php: a framework's only entry script."""
    return start_module_tusk(root, "--workers", 1, env={"INDEX_FILE": "index.php"})


def route(server, target):
    """Returns (script, SCRIPT_NAME, PATH_INFO, PHP_SELF) of the script that answered, or the
    status."""
    with server.raw() as connection:
        response = connection.get(target)
    if response.status != 200:
        return response.status
    if not response.body.startswith(b"["):
        return response.text
    *route, uri, query = json.loads(response.body)
    assert uri == target and query == target.partition("?")[2]
    return tuple(route)


INDEX = ("root/index.php", "/index.php", None, "/index.php")


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/", INDEX),
        ("/?a=1", INDEX),
        ("/index.php", INDEX),
        ("/./index.php", INDEX),
        ("//index.php", INDEX),
        ("/a.php", ("root/a.php", "/a.php", None, "/a.php")),
        ("/a%2ephp", ("root/a.php", "/a.php", None, "/a.php")),
        ("/a.php/", ("root/a.php", "/a.php", "/", "/a.php/")),
        ("/a.php/b/c?d=e", ("root/a.php", "/a.php", "/b/c", "/a.php/b/c")),
        ("/a.php/b%20c", ("root/a.php", "/a.php", "/b c", "/a.php/b c")),
        ("/a.php/a%2522", ("root/a.php", "/a.php", "/a%22", "/a.php/a%22")),
        ("/a.php/b.php", ("root/a.php", "/a.php", "/b.php", "/a.php/b.php")),
        ("/a.php/x/../y", ("root/a.php", "/a.php", "/y", "/a.php/y")),
        ("/a.php/../sub/b.php", ("sub/b.php", "/sub/b.php", None, "/sub/b.php")),
        ("/sub/", ("sub/index.php", "/sub/index.php", None, "/sub/index.php")),
        ("/sub", 301),
        ("/sub/b.php/i", ("sub/b.php", "/sub/b.php", "/i", "/sub/b.php/i")),
        ("/dir.php/c.php", ("dir.php/c.php", "/dir.php/c.php", None, "/dir.php/c.php")),
        (
            "/dir.php/c.php/info",
            ("dir.php/c.php", "/dir.php/c.php", "/info", "/dir.php/c.php/info"),
        ),
        ("/dir.php/x.txt", "text"),
        ("/dir.php/nothing.txt", 404),
        ("/dir.php/", 404),
        ("/dir.php", 404),
        ("/no.php", 404),
        ("/no.php/a", 404),
        ("/nothing", 404),
        ("/nothing/", 404),
        ("/nowhere", 404),
        ("/A.PHP", 404),
        ("/a.php5", 404),
        ("/a.phpx", 404),
        ("/a.ph", 404),
        ("/a.php%20", 404),
        ("/image.jpg/x.php", 404),
        ("/image.jpg/.php", 404),
        ("/file.txt/b.php", 404),
        ("/page.html/index.php", 404),
        ("/a%2Fb.php", 404),
        ("/sub%2Fb.php", 404),
    ],
)
def test_classic_routing(classic, target, answer):
    """Script, directory index, PATH_INFO, 404; decoded once; only files that end in `.php` run."""
    assert route(classic, target) == answer


def test_a_file_that_is_no_script_does_not_run(classic):
    """An uploaded image that contains PHP is an image, even with a script's name behind it."""
    response = classic.get("/image.jpg")
    assert (
        response.headers["content-type"] == "image/jpeg"
        and response.content == b"<?php echo 'RAN';"
    )
    for target in ("/image.jpg/a.php", "/image.jpg%00.php", "/image.jpg/%2e%2e/x.php"):
        with classic.raw() as connection:
            response = connection.get(target)
            assert response.status in (400, 404) and b"RAN" not in response.body, target


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/", INDEX),
        ("/a/pretty/link?q=1", INDEX),
        ("/nowhere/", INDEX),
        ("/no.txt", INDEX),
        ("/nothing/", INDEX),
        ("/wiki/AC%2FDC", INDEX),
        ("/a%20b", INDEX),
        ("/no/../such", INDEX),
        ("/a.php", ("root/a.php", "/a.php", None, "/a.php")),
        ("/file.txt", "text"),
        ("/page.html", "html"),
        (
            "/index.php/some/route",
            ("root/index.php", "/index.php", "/some/route", "/index.php/some/route"),
        ),
        ("/.env", 404),
        ("/.git/config", 404),
    ],
)
def test_fallback_routing(fallback, target, answer):
    """Requests without a file go to the front controller, which sees the original REQUEST_URI."""
    assert route(fallback, target) == answer


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/", INDEX),
        ("/a/route?q=1", INDEX),
        ("/file.txt", "text"),
        ("/a.php", 404),
        ("/sub/b.php", 404),
        ("/no.php", 404),
        ("/index.php", INDEX),
        ("/sub/", INDEX),
        ("/page.html", "html"),
        ("/index.php/route", ("root/index.php", "/index.php", "/route", "/index.php/route")),
    ],
)
def test_strict_front_controller(strict, target, answer):
    """Files if they exist, everything else to the one script; no other script runs."""
    assert route(strict, target) == answer


def test_a_single_page_application(start_tusk, make_root):
    """FALLBACK=/index.html and INDEX_FILE=index.html: the page for each path of its own router."""
    root = make_root(
        {"index.html": "<title>app</title>", "app.js": "1", "api.php": "<?php echo 'api';"}
    )
    tusk = start_tusk(root, env={"FALLBACK": "/index.html"})
    assert tusk.get("/users/7").text == tusk.get("/").text == "<title>app</title>"
    assert tusk.get("/users/7").headers["content-type"].startswith("text/html")
    assert tusk.get("/app.js").text == "1" and tusk.get("/api.php").text == "api"
    strict = start_tusk(root, env={"INDEX_FILE": "index.html"})
    assert (
        strict.get("/users/7").text == "<title>app</title>"
        and strict.get("/api.php").status_code == 404
    )


def test_post_to_a_fallback(fallback):
    """Any method goes to the front controller."""
    assert fallback.post("/users", data={"a": 1}).status_code == 200


# --- directories without an index ---

# A typical front controller: it has no addresses with a slash at the end.
WITHOUT_SLASH = (
    "<?php [$path, $query] = explode('?', $_SERVER['REQUEST_URI'], 2) + [1 => null];"
    " if ($path !== '/' && str_ends_with($path, '/')) {"
    " header('Location: ' . rtrim($path, '/') . ($query === null ? '' : \"?$query\"), true, 301); exit; }"
    " echo 'front ', $_SERVER['REQUEST_URI'];"
)


@pytest.mark.parametrize(
    "flags", [("--fallback", "/index.php"), *(("--preset", name) for name in
              ("wordpress", "drupal", "mediawiki", "laravel", "symfony"))],
    ids=lambda flags: flags[1],
)
def test_a_directory_is_no_endless_redirect(start_tusk, make_root, flags):
    """A directory without an index goes to the front controller, with the requested address."""
    root = make_root({"index.php": WITHOUT_SLASH, "docs/readme.txt": "x", "docs/inner/": "",
                      "shown/index.html": "shown"})
    tusk = start_tusk(root, *flags)
    with tusk.new_client(follow_redirects=True) as client:
        for path in ("/docs", "/docs/", "/docs?a=1", "/docs/?a=1", "/docs/inner", "/docs/inner/"):
            answer = client.get(path)
            assert answer.text == "front " + path.replace("/?", "?").rstrip("/"), path
            assert len(answer.history) == (1 if path.partition("?")[0].endswith("/") else 0)
        framework = flags[1] in ("laravel", "symfony")
        assert client.get("/shown").text == ("front /shown" if framework else "shown")


def test_a_directory_without_an_answer(start_tusk, make_root):
    """Without a fallback it does not exist; a listing is an answer."""
    root = make_root({"docs/readme.txt": "x", "secret/a.txt": "x"})
    plain = start_tusk(root)
    assert plain.get("/docs").status_code == plain.get("/docs/").status_code == 404
    listing = start_tusk(root, "--directory-listing", "--denied-files", "/secret")
    assert listing.get("/docs").headers["location"] == "/docs/"
    assert listing.get("/secret").status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/docs", "/docs/: has no index and no listing"), ("/shown", "Location: /shown/")],
)
def test_tusk_route_says_what_a_directory_is(make_root, path, expected):
    root = make_root({"index.php": "x", "docs/readme.txt": "x", "shown/index.html": "shown"})
    answer = run_tusk("route", path, "--root", root, "--fallback", "/index.php")
    assert expected in answer.stdout, answer.stdout
    assert (f"{root}/index.php: runs" in answer.stdout) == (path == "/docs")


REASONS = {
    "/none/a.php": "script    {root}/none/a.php: does not exist, nor does {root}/none\n",
    "/none.php": "script    {root}/none.php: does not exist\n",
    "/.git/config": "file      /.git/config: its name is not public: hidden files are never served; it exists\n",
    "/.env": "file      /.env: its name is not public: hidden files are never served; it does not exist\n",
    "/.git/a.php": "script    {root}/.git/a.php: exists, but hidden files are never served\n",
    "/old.php5": "file      {root}/old.php5: exists, but may be PHP source, which is never sent\n",
    "/dump.sql": "file      /dump.sql: its name is not public: matches *.sql; it exists  (denied_files: default)\n",
    "/up/a.php": "script    /up/a.php: may not run: matches /up; it exists  (static_only: file {file}:2)\n",
    "/lost.txt": "file      {root}/lost.txt: is a symbolic link that leads to no file\n",
    "/style.css": "script    the path names no script (NAME.php)\n",
}


@pytest.mark.parametrize("path", REASONS)
def test_tusk_route_says_why_a_file_is_not_served(make_root, tmp_path, path):
    """Whether it is there, and if it is, why it is not served and who has set that."""
    root = make_root(
        {"dump.sql": "x", "old.php5": "x", "up/a.php": "x", ".git/config": "x", ".git/a.php": "x"}
    )
    (root / "lost.txt").symlink_to("nowhere")
    file = tmp_path / "t.toml"
    file.write_text(f'root = "{root}"\nstatic_only = ["/up"]\n')
    answer = run_tusk("route", "--config", file, path)
    assert REASONS[path].format(root=root, file=file) in answer.stdout
    assert answer.returncode == 1 and "=> 404 Not Found" in answer.stdout


def test_tusk_route_names_the_fallback_and_who_has_set_it(make_root, tmp_path):
    root = make_root({"index.php": "x", "page.html": "x"})
    file = tmp_path / "t.toml"
    file.write_text('\nfallback = "/index.php"\n')

    def fallback(*arguments, env=None) -> str:
        answer = run_tusk("route", "/a/b", "--root", root, *arguments, env=env).stdout
        return re.search(r"^  fallback  (.*)$", answer, re.M)[1]

    assert fallback("--fallback", "/index.php") == "/index.php  (fallback: flag --fallback)"
    assert fallback("--config", file) == f"/index.php  (fallback: file {file}:2)"
    assert fallback(env={"TUSK_FALLBACK": "/index.php"}) == "/index.php  (fallback: environment TUSK_FALLBACK)"
    assert fallback("--preset", "wordpress") == "/index.php  (fallback: preset wordpress)"
    assert fallback("--preset", "laravel") == "/index.php  (index_file: preset laravel)"
    assert fallback() == "none: no fallback, index_file or preset is set"
    hidden = run_tusk("route", "/x/.b/dump.sql", "--root", root, "--fallback", "/page.html").stdout
    assert "/page.html is not used for a path that is not public  (fallback: flag --fallback)" in hidden
