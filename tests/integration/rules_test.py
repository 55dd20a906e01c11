"""[[rules]]: redirects, denials, rewrites and header fields, for files, scripts and errors alike."""

import json

import pytest

from harness.server import run_tusk

SHOW = "<?php echo json_encode([$_SERVER['SCRIPT_NAME'], $_SERVER['PATH_INFO'] ?? null, $_GET, $_SERVER['REQUEST_URI']], JSON_UNESCAPED_SLASHES);"

RULES = """
fallback = "/index.php"

[[rules]]
set_headers = { "X-Frame-Options" = "SAMEORIGIN", "X-Content-Type-Options" = "nosniff" }
remove_headers = ["X-Powered-By"]

[[rules]]
path = "/assets/**"
set_headers = { "Cache-Control" = "public, max-age=31536000, immutable" }

[[rules]]
regex = '^/blog/(\\d+)/(.*)$'
redirect = "/news/$1/$2"
status = 301

[[rules]]
path = "/private/**"
deny = true

[[rules]]
path = "/gone"
deny = 410

[[rules]]
host = "old.example.org"
redirect = "https://new.example.org$path"
status = 308

[[rules]]
path = "/form"
method = "POST"
deny = 405

[[rules]]
path = "/item/*"
rewrite = "/show.php?item=$1"

[[rules]]
path = "/tool/**"
rewrite = "/show.php/$1"

[[rules]]
path = "/thumbs/**"
missing = true
rewrite = "/show.php?thumb=$1"
"""


@pytest.fixture(scope="module")
def site(start_module_tusk, tmp_path_factory):
    directory = tmp_path_factory.mktemp("rules")
    root = directory / "root"
    for path, content in {
        "index.php": SHOW,
        "show.php": SHOW,
        "assets/app.js": "1",
        "private/secret.txt": "SECRET",
        "thumbs/there.png": "PNG",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    (directory / "t.toml").write_text(RULES)
    return start_module_tusk(root, "--workers", 1, "--config", directory / "t.toml")


def test_redirects(site):
    """With the parts that the pattern matched, with the query, and with a body for clients that
    do not follow."""
    response = site.get("/blog/7/a%20b?x=1&y")
    assert response.status_code == 301
    assert response.headers["location"] == "/news/7/a%20b?x=1&y"
    response = site.get("/x/y?z", headers={"Host": "OLD.example.org:8080"})
    assert response.status_code == 308
    assert response.headers["location"] == "https://new.example.org/x/y?z"


def test_denials(site):
    """403 or the named status, also for missing files, and for each way to write the path."""
    for path in ("/private/secret.txt", "/private/nothing", "/%70rivate/secret.txt",
                 "//private//secret.txt", "/a/../private/secret.txt", "/private/%ff%0a"):  # fmt: skip
        with site.raw() as connection:
            response = connection.get(path)
            assert response.status == 403 and b"SECRET" not in response.body, path
    assert site.get("/gone").status_code == 410
    assert site.post("/form").status_code == 405 and site.get("/form").status_code == 200


def test_rewrites(site):
    """A script answers at another address: the query is the rule's and the client's, REQUEST_URI
    stays."""
    assert site.get("/item/a%26b%3Dc?q=1").json() == [
        "/show.php", None, {"item": "a&b=c", "q": "1"}, "/item/a%26b%3Dc?q=1"]  # fmt: skip
    assert site.get("/tool/a/b?q=1").json() == ["/show.php", "/a/b", {"q": "1"}, "/tool/a/b?q=1"]


def test_rules_for_missing_files(site):
    """An existing file is preferred; a missing one is made by the script."""
    assert site.get("/thumbs/there.png").text == "PNG"
    assert site.get("/thumbs/s/no.png").json()[2] == {"thumb": "s/no.png"}


def test_header_fields_for_every_response(site):
    """Files, scripts, redirects and errors get them; PHP's own can be removed."""
    for path in ("/assets/app.js", "/show.php", "/blog/7/x", "/private/x", "/.env"):
        headers = site.get(path).headers
        assert headers["x-frame-options"] == "SAMEORIGIN", path
        assert headers["x-content-type-options"] == "nosniff" and "x-powered-by" not in headers
    assert site.get("/assets/app.js").headers["cache-control"].endswith("immutable")
    assert "immutable" not in site.get("/show.php").headers.get("cache-control", "")


def test_mistakes_have_their_line(tmp_path):
    """tusk check reports each mistake with file and line, and exit status 2."""
    (tmp_path / "t.toml").write_text(
        "document_root = '.'\n\n[[rules]]\nregex = '('\ndeny = true\n\n"
        "[[rules]]\npath = '/a'\nredirect = '/b$1'\n\n[[rules]]\npath = '/c'\n"
    )
    done = run_tusk("check", "--config", tmp_path / "t.toml")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert f"{tmp_path}/t.toml:3: '(' is not a valid RE2 regular expression: missing ): (" in lines[0]
    assert f"{tmp_path}/t.toml:7: $1 is used, but the pattern has 0 groups" in lines[1]
    assert f"{tmp_path}/t.toml:11: a rule needs redirect, rewrite, deny" in lines[2]
    (tmp_path / "t.toml").write_text("[[rules]]\n\nredirct = '/'\n")
    done = run_tusk("check", "--config", tmp_path / "t.toml")
    assert done.returncode == 2
    assert f"{tmp_path}/t.toml:3: unknown key 'redirct' in a rule; did you mean redirect?" in done.stderr


# --- tusk route ---


@pytest.fixture
def route(make_root, tmp_path):
    """route(*arguments) returns what `tusk route` prints about a small site, and its exit
    status."""
    root = make_root(
        {"index.php": "", "a.php": "", "style.css": "", "sub/": None, "sub/index.html": "", ".env": ""}
    )
    (tmp_path / "t.toml").write_text(RULES)

    def ask(*arguments):
        done = run_tusk("route", "--config", tmp_path / "t.toml", "--root", root, *arguments)
        return done.stdout, done.returncode

    return ask


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["/a.php/x?q=1"], ["=> script", "/a.php", "PATH_INFO     /x", "QUERY_STRING  q=1"], 0),
        (["/style.css"], ["root/style.css: a file", "=> file, 200 OK", "text/css"], 0),
        (["/sub"], ["a directory", "=> 301 Moved Permanently", "Location: /sub/"], 0),
        (["/a/pretty/link"], ["does not exist", "root/index.php: runs", "SCRIPT_NAME   /index.php"], 0),
        (["/.env"], ["not public", "=> 404 Not Found, page: built in"], 1),
        (["/../x"], ["leads above the root", "=> 400 Bad Request"], 1),
        (["/private/x"], ["t.toml:17 matches", "deny = 403", "=> 403 Forbidden"], 1),
        (["POST", "/style.css"], ["=> 405 Method Not Allowed", "Allow: GET, HEAD"], 1),
        (["--index-file", "sub.html", "/a.php"], ["a.php: no script runs in single-page mode", "=> 404"], 1),
        (["POST", "/form"], ["=> 405 Method Not Allowed"], 1),
        (["http://old.example.org/x"], ["=> 308", "Location: https://new.example.org/x"], 0),
        (["/item/7"], ["-> /show.php?item=7"], 0),
        (["https://a.example/a.php?q=1"], ["=> script", "REQUEST_URI   /a.php?q=1\n"], 0),
        (["https://a.example/pretty?q=%20"], ["REQUEST_URI   /pretty?q=%20\n"], 0),
        (["http://a.example?q=1"], ["REQUEST_URI   /?q=1\n"], 0),
        (["/assets/x"], ["Cache-Control: public, max-age=31536000, immutable  (by rule)"], 0),
    ],
)
def test_route_explains(route, arguments, said, status):
    """It says what would be served and why; the exit status says whether it is an error."""
    out, code = route(*arguments)
    for text in said:
        assert text in out, out
    assert code == status, out


def test_route_of_an_invalid_url():
    """Wrong use is exit status 2 and one line."""
    for arguments in ([], ["nothing"], ["GET", "/a b"], ["G T", "/"], ["GET", "/", "more"], ["CONNECT", "/"]):
        done = run_tusk("route", *arguments)
        assert done.returncode == 2 and done.stderr.startswith("tusk: "), arguments
