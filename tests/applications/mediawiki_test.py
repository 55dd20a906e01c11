"""MediaWiki (Debian trixie's package) on SQLite, installed by its own command line and used over
HTTP: pages, the action API, the REST API, resource loading, uploads, and short URLs, which only
the server's fallback makes possible."""

import subprocess

import pytest

from applications import never_served, packages
from applications.page import Page
from applications.picture import png
from harness.php_build import php_program
from harness.wait import wait_for

USER, PASSWORD = "Ada", "correct-horse-7"

SETTINGS = """
$wgServer = WebRequest::detectServer();
$wgArticlePath = "/wiki/$1";
$wgUsePathInfo = true;
$wgEnableUploads = true;
wfLoadExtension('ParserFunctions');
"""


def install(root, data):
    """Creates LocalSettings.php in root, and the database in data."""
    done = subprocess.run(
        [
            *(php_program(), "-d", "memory_limit=512M"),
            *("maintenance/run.php", "install", "--dbtype", "sqlite", "--dbpath", data),
            *("--dbname", "wiki", "--scriptpath", "", "--server", "http://127.0.0.1"),
            *("--pass", PASSWORD, "Tusk Wiki", USER),
        ],
        cwd=root,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    assert done.returncode == 0 and (root / "LocalSettings.php").exists(), done.stdout
    with open(root / "LocalSettings.php", "a", encoding="utf-8") as settings:
        settings.write(SETTINGS)


@pytest.fixture(scope="module")
def wiki(serve_application, tmp_path_factory):
    tree = packages.unpacked("mediawiki") / "usr/share/mediawiki"
    directory = tmp_path_factory.mktemp("mediawiki")
    root, data = directory / "wiki", directory / "data"
    # Debian's links into /var/lib and /etc lead nowhere here, so they are left out.
    packages.copy(tree, root)
    packages.copy(tree / "extensions-core", root / "extensions")
    for writable in (root / "images", root / "cache", data):
        writable.mkdir(exist_ok=True)
    install(root, data)
    server = serve_application(root, {"memory_limit": "256M"}, option=("--preset", "mediawiki"))
    server.document_root = root
    return server


@pytest.fixture(scope="module")
def member(wiki):
    """The browser of a user who has logged in through the form."""
    with wiki.new_client(follow_redirects=True) as client:
        form = Page(client.get("/index.php?title=Special:UserLogin")).form(field="wpPassword")
        answer = client.post(
            form.action, data=form.filled({"wpName": USER, "wpPassword": PASSWORD}, "wploginattempt")
        )
        assert "Log out" in Page(answer).text
        yield client


@pytest.fixture(scope="module")
def token(member):
    answer = member.get("/api.php?action=query&meta=tokens&format=json")
    return answer.json()["query"]["tokens"]["csrftoken"]


@pytest.fixture(scope="module")
def page(member, token):
    answer = member.post(
        "/api.php",
        data={
            "action": "edit",
            "title": "Ivory & 象牙",
            "text": "A '''tusk''' has {{#expr: 2+3}} sides. [[Main Page]]",
            "token": token,
            "format": "json",
        },
    )
    assert answer.json()["edit"]["result"] == "Success", answer.text
    return "/wiki/Ivory_%26_%E8%B1%A1%E7%89%99"


def test_the_root_leads_to_the_main_page(wiki):
    with wiki.new_client() as visitor:
        answer = visitor.get("/")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"{wiki.url}/wiki/Main_Page"


def test_a_page_by_its_short_url(wiki, page):
    with wiki.new_client() as visitor:
        answer = visitor.get(page)
        assert Page(answer).text.count("Ivory & 象牙") >= 1
        assert "A <b>tusk</b> has 5 sides." in answer.text


def test_a_page_that_does_not_exist_is_404(wiki):
    with wiki.new_client() as visitor:
        answer = visitor.get("/wiki/Nothing_here")
        assert answer.status_code == 404
        assert "There is currently no text in this page" in answer.text


def test_the_rest_api_by_path_info(wiki, page):
    with wiki.new_client() as visitor:
        answer = visitor.get("/rest.php/v1/page/Main_Page")
        assert answer.status_code == 200
        assert answer.json()["key"] == "Main_Page"


def test_an_edit_by_the_form_shows_in_recent_changes(member, page):
    form = Page(member.get("/index.php?title=Sandbox&action=edit")).form(id="editform")
    answer = member.post(
        form.action, data=form.filled({"wpTextbox1": "Written by hand."}, "wpSave")
    )
    assert "Written by hand." in Page(answer).text
    # MediaWiki adds it after the answer.
    wait_for(
        lambda: "Sandbox" in Page(member.get("/wiki/Special:RecentChanges?days=1")).text, "the edit"
    )


def test_an_upload_comes_back_as_it_was(member, token):
    picture = png(31, 17)
    answer = member.post(
        "/api.php",
        data={
            "action": "upload",
            "filename": "Dot.png",
            "token": token,
            "format": "json",
            "ignorewarnings": "1",
        },
        files={"file": ("Dot.png", picture, "image/png")},
    )
    assert answer.json()["upload"]["result"] == "Success", answer.text
    image = member.get(Page(member.get("/wiki/File:Dot.png")).link("/images/"))
    assert (image.headers["content-type"], image.content) == ("image/png", picture)


def test_styles_and_scripts(wiki):
    with wiki.new_client() as visitor:
        query = "lang=en&skin=vector-2022"
        script = visitor.get(f"/load.php?{query}&modules=startup&only=scripts&raw=1")
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "mw.loader" in script.text
        again = visitor.get(
            f"/load.php?{query}&modules=startup&only=scripts&raw=1",
            headers={"if-none-match": script.headers["etag"]},
        )
        assert (again.status_code, again.content) == (304, b"")


def test_the_log_has_no_complaints(wiki, member, page, no_complaints):
    no_complaints(wiki)


def test_private_files_are_never_served(wiki):
    """Its library and its command line, scripts among the uploads, and the usual private files;
    a wiki page may have the name of such a file."""
    planted = never_served.plant(
        wiki.document_root,
        "LocalSettings.php~",
        "LocalSettings.php.bak",
        "images/evil.php",
        "images/deleted/secret.png",
        "images/a/ab/evil.php",
        "cache/secret.cdb",
        "includes/evil.php",
        "languages/evil.php",
        "maintenance/evil.php",
        "vendor/evil.php",
        "tests/evil.php",
        "extensions/evil.php",
    )
    never_served.look(wiki, planted)
    for path in ("/maintenance/run.php", "/includes/WebStart.php", "/LocalSettings.php",
                 "/includes/Setup.php", "/vendor/autoload.php"):  # fmt: skip
        with wiki.raw() as connection:
            assert connection.get(path).status == 404, path
    assert wiki.get("/wiki/Composer.json").status_code == 404, "the wiki must report a missing page"
    assert "Composer.json" in wiki.get("/wiki/Composer.json").text
    assert ".NET" in wiki.get("/wiki/.NET").text
