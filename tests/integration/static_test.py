"""Files: types, conditional requests, hidden files, and which file a path names."""

import contextlib
import email.utils
import hashlib
import os
import socket

import pytest

LARGE = bytes(range(256)) * 80_000  # 20 MB


@pytest.fixture(scope="module")
def site(start_module_tusk, tmp_path_factory):
    """A server for a small site of files only."""
    root = tmp_path_factory.mktemp("site")
    files = {
        "index.html": b"<title>front</title>",
        "style.css": b"body { color: ivory }",
        "app.js": b"1",
        "data.json": b"{}",
        "a.png": b"\x89PNG",
        "a.svg": b"<svg/>",
        "a.woff2": b"wOF2",
        "a.txt": "ä".encode(),
        "a.wasm": b"\0asm",
        "a.webp": b"RIFF",
        "a.xml": b"<a/>",
        "a.mp4": b"mp4",
        "a.mjs": b"1",
        "noextension": b"?",
        "UPPER.HTML": b"<p>",
        "empty.txt": b"",
        "large.bin": LARGE,
        "docs/index.html": b"docs",
        "docs/a b+c%.txt": b"odd name",
        "docs/gr\u00fcn.txt": b"green",
        "empty/x/y.txt": b"y",
        ".hidden": b"SECRET",
        ".git/config": b"SECRET",
        ".env": b"SECRET",
        "docs/.htpasswd": b"SECRET",
        ".well-known/security.txt": b"Contact: x",
        ".well-known/.secret": b"SECRET",
        "both/index.html": b"html",
        "both/index.php": b"<?php echo 'php';",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return start_module_tusk(root, "--workers", 1)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/a.mjs", "text/javascript; charset=utf-8"),
        ("/data.json", "application/json"),
        ("/a.png", "image/png"),
        ("/a.svg", "image/svg+xml"),
        ("/a.woff2", "font/woff2"),
        ("/a.txt", "text/plain; charset=utf-8"),
        ("/a.wasm", "application/wasm"),
        ("/a.webp", "image/webp"),
        ("/a.mp4", "video/mp4"),
        ("/UPPER.HTML", "text/html; charset=utf-8"),
        ("/noextension", "application/octet-stream"),
    ],
)
def test_media_types(site, path, content_type):
    """Each file with its type and its length, byte by byte."""
    response = site.get(path)
    content = (site.root / path[1:]).read_bytes()
    assert response.status_code == 200 and response.content == content
    assert response.headers["content-type"].replace(" ", "").lower() == content_type.replace(
        " ", ""
    )
    assert response.headers["content-length"] == str(len(content))


def test_head(site):
    """The header of GET, without the body."""
    get, head = site.get("/large.bin"), site.client.head("/large.bin")
    assert head.content == b"" and head.status_code == 200
    same = ("content-length", "content-type", "etag", "last-modified")
    assert {name: head.headers[name] for name in same} == {name: get.headers[name] for name in same}


def test_a_large_file(site):
    """Twenty megabytes, twice on the same connection."""
    for _ in range(2):
        assert (
            hashlib.sha256(site.get("/large.bin").content).digest()
            == hashlib.sha256(LARGE).digest()
        )


def test_an_empty_file(site):
    """200 and nothing."""
    response = site.get("/empty.txt")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "0"


def test_conditional_requests(site):
    """304 without a body for what the client has: by tag (alone, in a list, weak, *), by date;
    the tag wins over the date; otherwise 200."""
    first = site.get("/style.css")
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert tag.startswith('"') and email.utils.parsedate_to_datetime(date)
    for headers, status in (
        ({"If-None-Match": tag}, 304),
        ({"If-None-Match": f'"other", {tag}'}, 304),
        ({"If-None-Match": f"W/{tag}"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": date}, 304),
        ({"If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "nonsense"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": date}, 200),
    ):
        with site.raw() as connection:
            response = connection.get("/style.css", *(f"{k}: {v}" for k, v in headers.items()))
            assert response.status == status, headers
            assert response.header("etag") == tag
            assert connection.get("/app.js").status == 200, "the connection must stay in step"


def test_a_changed_file_has_another_tag(start_tusk, make_root):
    """A file that is overwritten, replaced by another of the same size, or touched: the new
    bytes, a new tag."""
    root = make_root({"a.txt": "one"})
    tusk = start_tusk(root, "--file-cache-validity", 0)
    tags = [tusk.get("/a.txt").headers["etag"]]
    new = root / "new"
    new.write_text("two")
    os.replace(new, root / "a.txt")
    response = tusk.get("/a.txt", headers={"If-None-Match": tags[0]})
    assert (response.status_code, response.text) == (200, "two")
    tags.append(response.headers["etag"])
    (root / "a.txt").write_text("three")
    response = tusk.get("/a.txt", headers={"If-None-Match": tags[1]})
    assert (response.status_code, response.text) == (200, "three")
    assert len({*tags, response.headers["etag"]}) == 3
    (root / "a.txt").unlink()
    assert tusk.get("/a.txt").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/.hidden",
        "/.git/config",
        "/.git/",
        "/.git",
        "/.env",
        "/docs/.htpasswd",
        "/.well-known/.secret",
        "/%2ehidden",
        "/%2Egit/config",
        "/docs/%2ehtpasswd",
        "/docs/../.env",
        "/./.env",
        "//.env",
    ],
)
def test_hidden_files_do_not_exist(site, path):
    """404, as for missing files, however the dot is written."""
    with site.raw() as connection:
        response = connection.get(path)
    assert response.status == 404 and b"SECRET" not in response.body


def test_well_known_is_served(site):
    """The one hidden directory that the web uses (RFC 8615)."""
    assert site.get("/.well-known/security.txt").text == "Contact: x"


def test_directories(site):
    """With a slash: the index, .php before .html; without: a redirect that keeps the query;
    without an index: 404, never a listing."""
    assert site.get("/").text == "<title>front</title>" and site.get("/docs/").text == "docs"
    assert site.get("/both/").text == "php"
    redirect = site.get("/docs?a=1&b=%20")
    assert redirect.status_code == 301 and redirect.headers["location"] == "/docs/?a=1&b=%20"
    assert site.get("/empty/").status_code == 404 and site.get("/empty/x/").status_code == 404


def test_a_redirect_never_leads_to_another_host(site):
    """`//evil.example/..` is a path here and must not become a host in the redirect."""
    with site.raw() as connection:
        for path in ("//docs", "//docs/../docs", "/%2fdocs", "//evil.example/../docs", "/\\docs"):
            response = connection.get(path)
            location = response.header("location") or "/"
            assert location.startswith("/") and not location.startswith(("//", "/\\")), (
                path,
                location,
            )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/docs/a%20b+c%25.txt", "odd name"),
        ("/docs/gr%C3%BCn.txt", "green"),
        ("/docs/gr\u00fcn.txt", "green"),
        ("/docs/./a%20b%2Bc%25.txt", "odd name"),
        ("/docs/x/../gr%c3%bcn.txt", "green"),
        ("/docs//gr%C3%BCn.txt", "green"),
        ("/docs/gr%C3%BCn.txt?v=1", "green"),
        ("/%64ocs/index.html", "docs"),
    ],
)
def test_names_with_special_characters(site, path, text):
    """Escapes are decoded once; a plus is a plus; dot segments and double slashes are
    normalised."""
    with site.raw() as connection:
        assert connection.get(path).text == text


@pytest.mark.parametrize(
    "path",
    [
        "/zzz",
        "/docs/zzz.txt",
        "/index.html/",
        "/index.html/zzz",
        "/large.bin/..zzz",
        "/a.txt%20",
        "/A.TXT",
        "/docs%2findex.html",
    ],
)
def test_a_missing_file(site, path):
    """404, with the server's own page that repeats nothing of the request."""
    with site.raw() as connection:
        response = connection.get(path)
    assert response.status == 404 and response.header("content-type").startswith("text/html")
    assert b"zzz" not in response.body


def test_options(site):
    answer = site.client.options("/a.txt")
    assert answer.status_code == 204 and answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_errors_have_a_page(site):
    """The pages of 405, 412 and 416 say what their fields say."""
    for method, fields, status, name in (
        ("POST", {}, 405, "allow"),
        ("GET", {"If-Match": '"other"'}, 412, "content-type"),
        ("GET", {"Range": "bytes=1000-"}, 416, "content-range"),
    ):
        answer = site.client.request(method, "/a.txt", headers=fields)
        assert answer.status_code == status and answer.headers[name]
        assert answer.headers["content-type"].startswith("text/html") and str(status) in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_file_cannot_be_changed(site, method):
    """405 with the allowed methods; the file is unchanged."""
    response = site.client.request(method, "/a.txt", content=b"changed")
    assert response.status_code == 405 and "GET" in response.headers["allow"]
    assert (site.root / "a.txt").read_text() == "ä"


def test_only_regular_files_are_opened(start_tusk, make_root):
    """A FIFO (opening it would hang), a socket, a link to a device: 404, at once."""
    root = make_root({"a.txt": "x"})
    os.mkfifo(root / "fifo.txt")
    os.mkfifo(root / "fifo.php")
    (root / "null.txt").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(root):  # for a short path
        listener.bind("socket.txt")
    tusk = start_tusk(root)
    for path in ("/fifo.txt", "/fifo.php", "/null.txt", "/socket.txt"):
        assert tusk.get(path).status_code == 404, path
    assert tusk.get("/a.txt").text == "x"


def test_links_are_followed(start_tusk, make_root, tmp_path):
    """Deployments depend on it: a root that is a link, links to files and directories, inside it
    and out of it (Laravel's storage). A dangling link is 404."""
    outside = tmp_path / "shared"
    outside.mkdir()
    (outside / "up.txt").write_text("uploaded")
    (outside / "own.php").write_text("<?php echo __DIR__;")
    root = make_root({"a.txt": "here"})
    (root / "storage").symlink_to(outside)
    (root / "b.txt").symlink_to("a.txt")
    (root / "broken.txt").symlink_to("gone")
    current = tmp_path / "current"
    current.symlink_to(root)
    tusk = start_tusk(current)
    assert tusk.get("/storage/up.txt").text == "uploaded" and tusk.get("/b.txt").text == "here"
    assert tusk.get("/storage/own.php").text == str(outside)
    assert tusk.get("/broken.txt").status_code == 404


@pytest.mark.parametrize("policy", ["yes", "beneath", "no"])
def test_which_links_are_followed(start_tusk, make_root, tmp_path, policy):
    """FOLLOW_SYMLINKS, for files and for scripts."""
    (tmp_path / "out.txt").write_text("outside")
    (tmp_path / "out.php").write_text("<?php echo 'outside';")
    root = make_root({"a.txt": "inside", "a.php": "<?php echo 'inside';", "sub/b.txt": "inside"})
    for name, target in {
        "in.txt": "a.txt",
        "in.php": "a.php",
        "dir": "sub",
        "out.txt": "../out.txt",
        "out.php": "../out.php",
        "absolute.txt": tmp_path / "out.txt",
    }.items():
        (root / name).symlink_to(target)
    current = tmp_path / "current"
    current.symlink_to(root)
    tusk = start_tusk(current, env={"FOLLOW_SYMLINKS": policy})
    for path in ("/a.txt", "/a.php", "/sub/b.txt"):
        assert tusk.get(path).text == "inside"
    for path in ("/in.txt", "/in.php", "/dir/b.txt"):
        assert (tusk.get(path).text == "inside") == (policy != "no"), path
    for path in ("/out.txt", "/out.php", "/absolute.txt"):
        assert (tusk.get(path).text == "outside") == (policy == "yes"), path


def test_a_file_that_is_cut_while_it_is_sent(start_tusk, make_root):
    """The client notices (the connection breaks before the announced length); the server goes on."""
    root = make_root({"big.bin": b"x" * 30_000_000})
    tusk = start_tusk(root)
    with tusk.raw() as connection:
        connection.set_receive_buffer(65536)
        connection.request("GET", "/big.bin")
        head = connection.head()
        os.truncate(root / "big.bin", 10_000)
        rest = connection.read_to_end()
        assert len(rest) < int(head.header("content-length"))
    (root / "small.txt").write_text("fine")
    assert tusk.get("/small.txt").text == "fine"
