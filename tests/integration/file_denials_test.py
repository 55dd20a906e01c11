"""Files that exist and that the file system prevents tusk from serving: the answer, and the log
line with the file, the reason and the user."""

import os
import socket
import subprocess

import pytest

from harness.server import BINARY, environment
from harness.wait import PATIENCE_S, wait_for

# Root may read everything. Without these two capabilities, root has the same access to others'
# files as any user.
AS_ANY_USER = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")
    if os.geteuid() == 0
    else ()
)


def keep_from_the_server(path) -> None:
    """Gives a file to another user with mode 0600 (a directory: 0700)."""
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
    else:
        os.chmod(path, 0)


@pytest.fixture
def site(make_root):
    root = make_root(
        {
            "open.php": "<?php echo 'open';",
            "closed.php": "<?php echo 'closed';",
            "closed.txt": "closed",
            "dir/index.php": "<?php echo 'index';",
            "dir/page.php": "<?php echo 'page';",
            "index/index.php": "<?php echo 'index';",
            "list/a.txt": "a",
        }
    )
    for name in ("closed.php", "closed.txt", "index/index.php", "dir"):
        keep_from_the_server(root / name)
    (root / "round.php").symlink_to("round.php")
    (root / "round.txt").symlink_to("round.txt")
    os.mkfifo(root / "fifo.php")
    os.mkfifo(root / "fifo.txt")
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(root)  # socket names must be short
        try:
            one.bind("socket.txt")
        finally:
            os.chdir(here)
    yield root
    os.chmod(root / "dir", 0o700)


def user_of(tusk) -> str:
    return f"(uid {os.geteuid()})"


@pytest.fixture
def tusk(start_tusk, site):
    return start_tusk(site, "--directory-listing", wrapper=AS_ANY_USER)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/closed.php", "/closed.php"),
        ("/closed.php/path/info", "/closed.php"),
        ("/closed.txt", "/closed.txt"),
        ("/index/", "/index/index.php"),
        ("/dir/page.php", "/dir/page.php"),
        ("/dir/none.php", "/dir/none.php"),
        ("/dir/none.txt", "/dir/none.txt"),
        ("/dir/", "/dir/index.php"),
    ],
)
def test_an_unreadable_file_is_403_with_a_log_line(tusk, site, path, file):
    """No worker is used. The line names path, errno and the user. PHP-FPM answers 403 too."""
    before = tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "5xx"})
    response = tusk.get(path)
    assert response.status_code == 403
    assert "403" in response.text
    line = tusk.wait_for_log(r"warn  answered 403: no permission to read a file (.*)")[1]
    assert f"path={site}{file} errno=13" in line and 'reason="Permission denied"' in line
    assert user_of(tusk) in line and "times=1" in line
    assert tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "5xx"}) == before
    assert tusk.get("/open.php").text == "open"


def test_a_directory_that_may_not_be_listed(start_tusk, site):
    keep_from_the_server(site / "list")
    os.chmod(site / "list", 0o711 if os.geteuid() == 0 else 0o100)
    tusk = start_tusk(site, "--directory-listing", wrapper=AS_ANY_USER)
    assert tusk.get("/list/").status_code == 403
    tusk.wait_for_log(rf"answered 403.*path={site}/list/ errno=13")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/round.php", "errno=40 .*symbolic links"),
        ("/round.txt", "errno=40 .*symbolic links"),
        ("/fifo.php", "neither a regular file nor a directory"),
        ("/fifo.txt", "neither a regular file nor a directory"),
        ("/socket.txt", "neither a regular file nor a directory"),
        ("/" + 300 * "a", 'errno=36 reason="File name too long"'),
        ("/" + 300 * "a" + ".php", 'errno=36 reason="File name too long"'),
        ("/" + 20 * (250 * "a" + "/"), 'errno=36 reason="File name too long"'),
    ],
)
def test_an_unservable_file_is_404_with_a_log_line(tusk, site, path, reason):
    """A loop of links, anything but a regular file, a name that is too long."""
    for _ in range(2):  # the second answer comes from the cache
        assert tusk.get(path).status_code == 404
    tusk.wait_for_log(rf"answered 404: this path cannot be served path={site}\S* .*{reason}")


@pytest.mark.parametrize(
    ("links", "where", "reason"),
    [
        ("beneath", "out", "leads out of the document root"),
        ("no", "out", "symbolic link"),
        ("no", "in", "one that follow_symlinks forbids"),
    ],
)
@pytest.mark.parametrize("name", ["link.php", "link.txt"])
def test_a_link_that_is_not_followed_is_logged(start_tusk, make_root, tmp_path, links, where, reason, name):
    root = make_root({"there.php": "x", "there.txt": "x"})
    outside = tmp_path / "outside"
    outside.write_text("x")
    (root / name).symlink_to(outside if where == "out" else name.replace("link", "there"))
    tusk = start_tusk(root, "--follow-symlinks", links)
    assert tusk.get("/" + name).status_code == 404
    tusk.wait_for_log(rf"answered 404.*path={root}/{name} .*{reason}")


def test_a_missing_file_is_not_logged(tusk, site):
    """Nor is a file whose name is never served, nor one for which a script answers."""
    for path in ("/none.php", "/none.txt", "/none/none.php", "/open.php.bak", "/.env", "/open.php~",
                 "/open.php/none", "/list/a.txt/none"):  # fmt: skip
        tusk.get(path)
    assert "answered" not in tusk.log()


def test_a_long_name_that_the_front_controller_answers_is_not_logged(start_tusk, make_root):
    """A slug of 300 letters is not meant to be a file."""
    root = make_root({"index.php": "<?php echo 'front';"})
    tusk = start_tusk(root, "--index-file", "index.php")
    assert tusk.get("/" + 300 * "a").text == "front"
    assert "answered" not in tusk.log()


def test_a_flood_of_denials_is_counted_in_few_lines(tusk, site):
    """Whatever clients request, the log does not fill up: there is one line a second for each
    reason."""
    for _ in range(300):
        assert tusk.get("/closed.txt").status_code == 403
    lines = tusk.log().count("answered 403")
    assert 1 <= lines <= 30
    tusk.wait_for_log(r"answered 403.* times=1\b")

    def counted() -> bool:
        tusk.get("/closed.txt")
        return "times=" in tusk.log() and tusk.log().count("answered 403") > lines

    wait_for(counted, "the count of those that have no line")


def test_a_file_is_served_once_it_may_be_read(tusk, site):
    """Within the validity of the cache."""
    assert tusk.get("/closed.php").status_code == 403
    os.chmod(site / "closed.php", 0o644)
    wait_for(lambda: tusk.get("/closed.php").text == "closed", "the script")
    os.chmod(site / "closed.php", 0o600 if os.geteuid() == 0 else 0)
    wait_for(lambda: tusk.get("/closed.php").status_code == 403, "403 again")


def test_route_reports_an_unreadable_file(site):
    """It names the file and the user who may not read it; status 1."""
    ended = subprocess.run(
        [*AS_ANY_USER, BINARY, "route", "--root", site, "/closed.php"],
        env=environment(), text=True, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert ended.returncode == 1
    assert f"{site}/closed.php: exists, but may not be read: Permission denied for user " in ended.stdout
    assert f"(uid {os.geteuid()}): {site}/closed.php is -" in ended.stdout
    assert "=> 403 Forbidden" in ended.stdout
    for path, reason in (("/round.txt", "symbolic links"), ("/fifo.php", "neither a regular file")):
        ended = subprocess.run(
            [*AS_ANY_USER, BINARY, "route", "--root", site, path],
            env=environment(), text=True, capture_output=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert reason in ended.stdout and "=> 404" in ended.stdout


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [("closed.pdf", 403, "Permission denied"), ("fifo.pdf", 404, "neither a regular file")],
)
def test_a_handed_out_file_that_is_denied_is_logged(start_tusk, make_root, tmp_path, name, status, reason):
    """The script has decided that the client may have the file, so only the log can say why the
    client does not get it."""
    root = make_root({"get.php": "<?php header('X-Sendfile: ' . $_GET['name']);"})
    store = tmp_path / "store"
    store.mkdir()
    (store / "closed.pdf").touch()
    keep_from_the_server(store / "closed.pdf")
    os.mkfifo(store / "fifo.pdf")
    tusk = start_tusk(root, "--sendfile-roots", store, wrapper=AS_ANY_USER)
    assert tusk.get("/get.php", params={"name": str(store / name)}).status_code == status
    line = tusk.wait_for_log(rf"answered {status}: (.*)")[1]
    assert f"path={store}/{name}" in line and reason in line and user_of(tusk) in line
