"""Moodle on MariaDB, installed by its own command line and used over HTTP. No package of Debian has it:
TUSK_MOODLE names a directory with its sources, and without it these tests are skipped."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from applications.mariadb import MariaDB
from applications.page import Page
from applications.picture import png
from harness.server import environment

SOURCES = os.environ.get("TUSK_MOODLE")
PHP = os.environ.get("TUSK_MOODLE_PHP") or shutil.which("php8.2") or shutil.which("php")
pytestmark = [
    pytest.mark.skipif(not SOURCES, reason="TUSK_MOODLE names no directory with Moodle"),
    pytest.mark.timeout(1800),  # the installation makes some 450 tables
]
PASSWORD = "S3cret-password"


@pytest.fixture(scope="module")
def site(serve_application, tmp_path_factory):
    """A server with Moodle on it."""
    directory = tmp_path_factory.mktemp("moodle")
    root, data = directory / "moodle", directory / "data"
    shutil.copytree(SOURCES, root, symlinks=True)
    data.mkdir()
    database = MariaDB(["herd"])
    try:
        limits = {"max_input_vars": 5000, "memory_limit": "256M"}
        server = serve_application(root, limits, option=("--sendfile-roots", data, "--server-software", "nginx"))
        settings = {
            "lang": "en",
            "wwwroot": server.url,
            "dataroot": data,
            "dbtype": "mariadb",
            "dbhost": "localhost",
            "dbsocket": database.socket,
            "dbname": "herd",
            "dbuser": MariaDB.user,
            "dbpass": MariaDB.password,
            "fullname": "The herd",
            "shortname": "herd",
            "adminuser": "admin",
            "adminpass": PASSWORD,
            "adminemail": "admin@example.org",
        }
        done = subprocess.run(
            [PHP, "-dmax_input_vars=5000", "-dmemory_limit=512M", root / "admin/cli/install.php"]
            + ["--non-interactive", "--agree-license", "--allow-unstable"]
            + [f"--{name}={value}" for name, value in settings.items()],
            env=environment(),
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        configuration = root / "config.php"
        setup = "require_once(__DIR__ . '/lib/setup.php');"
        lines = "$CFG->xsendfile = 'X-Sendfile';\n"  # as docs/applications/moodle.md says
        configuration.write_text(configuration.read_text().replace(setup, lines + setup))
        server.root, server.data = root, data
        yield server
    finally:
        database.stop()


def logged_in(site, client):
    login = Page(client.get("/login/index.php"))
    form = login.form(id="login")
    return client.post("/login/index.php", data=form.filled({"username": "admin", "password": PASSWORD}))


def test_the_front_page(site, no_complaints):
    """It names the site, and each style sheet, script and picture that it loads arrives."""
    with site.new_client(follow_redirects=True) as client:
        client.timeout = 600  # the first visitor waits until the theme's style sheets are compiled
        page = client.get("/")
        assert page.status_code == 200 and "The herd" in page.text and "</html>" in page.text
        loaded = set(re.findall(rf'(?:src|href)="({re.escape(site.url)}/[^"#]+)"', page.text))
        loaded = {one.replace("&amp;", "&") for one in loaded if re.search(r"\.php/|\.(css|js)", one)}
        assert len(loaded) > 5
        for address in loaded:
            answer = client.get(address)
            assert answer.status_code == 200, address
    no_complaints(site)


def test_a_wrong_password_and_the_right_one(site):
    """The form has a token; the dashboard greets."""
    with site.new_client(follow_redirects=True) as client:
        form = Page(client.get("/login/index.php")).form(id="login")
        wrong = client.post("/login/index.php", data=form.filled({"username": "admin", "password": "no"}))
        assert "Invalid login" in wrong.text
        assert "Dashboard" in logged_in(site, client).text
        assert "admin" in client.get("/user/profile.php").text


def test_an_upload_comes_back_by_path_info(site):
    """A picture goes to the file manager, and comes back through draftfile.php/…, which hands it to the
    server (X-Sendfile)."""
    picture = png(120, 90)
    with site.new_client(follow_redirects=True) as client:
        logged_in(site, client)
        page = client.get("/user/files.php")
        key = re.search(r'"sesskey":"(\w+)"', page.text)[1]
        item = re.search(r'name="files_filemanager"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="files_filemanager"', page.text)
        item = item[1] or item[2]
        repository = re.search(r'"id":"?(\d+)"?,"name":"Upload a file"', page.text)[1]
        context = re.search(r'"contextid":(\d+)', page.text)[1]
        answer = client.post(
            "/repository/repository_ajax.php?action=upload",
            data={
                "sesskey": key,
                "itemid": item,
                "repo_id": repository,
                "ctx_id": context,
                "env": "filemanager",
                "title": "tusk.png",
                "savepath": "/",
                "author": "Ada",
                "license": "unknown",
            },
            files={"repo_upload_file": ("tusk.png", picture, "image/png")},
        )
        assert answer.status_code == 200 and "draftfile.php" in answer.text, answer.text
        stored = client.get(answer.json()["url"])
        assert stored.status_code == 200 and stored.content == picture
        part = client.get(answer.json()["url"], headers={"Range": "bytes=0-7"})
        assert part.status_code == 206 and part.content == picture[:8]


def test_cron_runs_on_the_command_line(site):
    """As the page on Moodle says."""
    done = subprocess.run(
        [PHP, "-dmax_input_vars=5000", site.root / "admin/cli/cron.php", "--keep-alive=0"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0 and "Cron run completed correctly" in done.stdout, done.stdout[-2000:]
