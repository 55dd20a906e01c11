"""Drupal 10 on SQLite, installed by its own installer and used over HTTP. No package of Debian has it:
TUSK_DRUPAL names a directory as Composer makes it, with vendor/ and web/; without it these tests are
skipped."""

import os
import re
import shutil
import subprocess

import pytest

from applications import never_served
from applications.page import Page
from applications.picture import png
from harness.server import environment

SOURCES = os.environ.get("TUSK_DRUPAL")
PHP = os.environ.get("TUSK_DRUPAL_PHP") or shutil.which("php8.2") or shutil.which("php")
pytestmark = [
    pytest.mark.skipif(not SOURCES, reason="TUSK_DRUPAL names no directory with Drupal"),
    pytest.mark.timeout(1800),
]
USER, PASSWORD = "ada", "S3cret-password"
INSTALL = """<?php
$loader = require 'autoload.php';
require 'core/includes/install.core.inc';
install_drupal($loader, [
    'interactive' => false,
    'site_path' => 'sites/default',
    'parameters' => ['profile' => 'standard', 'langcode' => 'en'],
    'forms' => [
        'install_settings_form' => [
            'driver' => 'Drupal\\\\sqlite\\\\Driver\\\\Database\\\\sqlite',
            'Drupal\\\\sqlite\\\\Driver\\\\Database\\\\sqlite' => ['database' => getenv('DATABASE')],
        ],
        'install_configure_form' => [
            'site_name' => 'The herd',
            'site_mail' => 'site@example.org',
            'account' => ['name' => getenv('USER_NAME'), 'mail' => 'ada@example.org',
                          'pass' => ['pass1' => getenv('PASSWORD'), 'pass2' => getenv('PASSWORD')]],
            'enable_update_status_module' => null,
            'enable_update_status_emails' => null,
        ],
    ],
]);
"""


@pytest.fixture(scope="module")
def site(serve_application, tmp_path_factory):
    """A server with Drupal on it, with its standard profile."""
    directory = tmp_path_factory.mktemp("drupal")
    project = directory / "project"
    shutil.copytree(SOURCES, project, symlinks=True)
    web = project / "web"
    defaults = web / "sites/default"
    for left in ("files", "settings.php", "services.yml"):
        path = defaults / left
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (defaults / "settings.php").write_bytes((defaults / "default.settings.php").read_bytes())
    # Modules and themes of the project that the sources come from are not Drupal.
    for kind in ("modules", "themes"):
        for extra in ("contrib", "custom"):
            shutil.rmtree(web / kind / extra, ignore_errors=True)
    (directory / "install.php").write_text(INSTALL)
    done = subprocess.run(
        [PHP, "-dmemory_limit=512M", directory / "install.php"],
        cwd=web,
        env=environment({"DATABASE": directory / "herd.sqlite", "USER_NAME": USER, "PASSWORD": PASSWORD}),
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    server = serve_application(web, {"memory_limit": "256M"}, option=("--preset", "drupal"))
    server.web = web
    return server


@pytest.fixture(scope="module")
def author(site):
    with site.new_client(follow_redirects=True) as client:
        form = Page(client.get("/user/login")).form(id="user-login-form")
        answer = client.post("/user/login", data=form.filled({"name": USER, "pass": PASSWORD}, "op"))
        assert "Log out" in answer.text
        yield client


def test_the_front_page_and_what_it_loads(site, no_complaints):
    """Style sheets and scripts that do not exist yet are made by Drupal at their first request."""
    with site.new_client(follow_redirects=True) as client:
        page = client.get("/")
        assert page.status_code == 200 and "The herd" in page.text
        loaded = set(re.findall(r'(?:src|href)="(/[^"#]+\.(?:css|js|svg|ico)[^"#]*)"', page.text))
        assert len(loaded) > 3
        for address in loaded:
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address
        assert client.get("/no/such/page").status_code == 404
    no_complaints(site)


def test_an_article_with_a_picture(site, author, no_complaints):
    """A form with an upload; the page has a clean URL, and its thumbnail is made when it is asked for."""
    picture = png(640, 480)
    page = Page(author.get("/node/add/article"))
    form = page.form(id="node-article-form")
    sent = author.post(
        "/node/add/article",
        data=form.filled({"title[0][value]": "Ivory"}) | {"op": "Save"},
        files={"files[field_image_0]": ("tusk.png", picture, "image/png")},
    )
    # Drupal asks for the text that stands for the picture, and has kept the upload.
    form = Page(sent).form(id="node-article-form")
    saved = author.post(
        "/node/add/article",
        data=form.filled({"title[0][value]": "Ivory", "field_image[0][alt]": "A tusk"}) | {"op": "Save"},
    )
    assert re.search(r"/node/\d+$", str(saved.url)) and "Ivory" in Page(saved).text
    shown = re.findall(r'<img[^>]+src="(/sites/default/files/[^"]+)"', saved.text)
    assert shown
    for address in shown:
        answer = author.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/"), address
    no_complaints(site)


def test_the_administration(author):
    """Pages with many fields, and the status report."""
    for path in ("/admin/content", "/admin/structure", "/admin/config", "/admin/reports/status"):
        assert author.get(path).status_code == 200, path


def test_private_files_are_never_served(site):
    planted = never_served.plant(site.web, "sites/default/files/evil.php", "modules/x/evil.php")
    never_served.look(site, planted + ["/core/lib/Drupal.php", "/sites/default/settings.php", "/core/core.services.yml"])
