"""DokuWiki (Debian trixie's package, with the installer from its source package), installed and
used over HTTP as a person with a browser would. It keeps everything in files."""

import re
import time

import pytest

from applications import never_served, packages
from applications.page import Page
from applications.picture import png, png_size
from harness.wait import wait_for

USER, PASSWORD = "ada", "correct horse 7"
TEXT = "====== Tusks ======\n\nÄlephant **ivory** & <tags>, 象牙.\n\n{{testing:grün.png?200}}\n"


def assemble(root):
    """Makes the application's own directory layout from the package's files. The package spreads
    them over the file system, and its code names those places."""
    tree = packages.unpacked("dokuwiki")
    # inc/preload.php is what points the package to /etc/dokuwiki.
    packages.copy(tree / "usr/share/dokuwiki", root, "preload.php", ".htaccess*")
    packages.copy(tree / "var/lib/dokuwiki/lib", root / "lib")
    packages.copy(tree / "var/lib/dokuwiki/data", root / "data")
    packages.copy(tree / "etc/dokuwiki", root / "conf")
    # The code still reads this file of upstream's copy of jQuery, which Debian removed.
    (root / "lib/scripts/jquery").mkdir()
    (root / "lib/scripts/jquery/versions").write_text("JQ_VERSION=3\n")
    (root / "install.php").write_bytes((tree / "source/install.php").read_bytes())
    packages.rewrite(
        root, {"/var/lib/dokuwiki/data": "./data", "/usr/share/": f"{tree}/usr/share/"}
    )
    return root, tree


@pytest.fixture(scope="module")
def wiki(serve_application, tmp_path_factory):
    """A server with DokuWiki on it, installed over HTTP."""
    root, tree = assemble(tmp_path_factory.mktemp("dokuwiki") / "wiki")
    server = serve_application(
        root, {"include_path": f".:{tree}/usr/share/php"}, option=("--preset", "dokuwiki")
    )
    browser = server.new_client(follow_redirects=True)
    installer = Page(browser.get("/install.php"))
    assert "DokuWiki Installer" in installer.text
    # A form with mistakes is shown again with the mistakes.
    incomplete = Page(
        browser.post(
            "/install.php",
            data=installer.form(field="d[title]").filled(
                {
                    "d[title]": "Tusk Wiki",
                    "d[superuser]": USER,
                    "d[password]": "a",
                    "d[confirm]": "b",
                },
                "submit",
            ),
        )
    )
    assert "illegal or empty value" in incomplete.text
    done = Page(
        browser.post(
            "/install.php",
            data=incomplete.form(field="d[title]").filled(
                {
                    "d[title]": "Tusk Wiki",
                    "d[superuser]": USER,
                    "d[fullname]": "Ada Lovelace",
                    "d[email]": "ada@example.org",
                    "d[password]": PASSWORD,
                    "d[confirm]": PASSWORD,
                    "d[policy]": "1",
                },
                "submit",
            ),
        )
    )
    assert "The configuration was finished successfully" in done.text, done.text
    (root / "install.php").unlink()  # as the page tells the user to do
    server.document_root = root
    return server


@pytest.fixture
def visitor(wiki):
    """The browser of a visitor who has not logged in."""
    with wiki.new_client(follow_redirects=True) as client:
        yield client


@pytest.fixture
def author(wiki):
    """The browser of an author who has logged in."""
    with wiki.new_client(follow_redirects=True) as client:
        log_in(client)
        yield client


def log_in(client, password=PASSWORD):
    form = Page(client.get("/doku.php?id=start&do=login")).form(id="dw__login")
    return client.post("/doku.php?id=start", data=form.filled({"u": USER, "p": password}))


def test_the_front_page_and_a_missing_page(wiki, visitor):
    """`/` is the wiki's start page (directory index); a page that does not exist is reported as
    such."""
    assert "Tusk Wiki" in Page(visitor.get("/")).text
    missing = Page(visitor.get("/doku.php?id=nobody:wrote:this"))
    assert "This topic does not exist yet" in missing.text


def test_a_visitor_must_log_in_to_write(visitor):
    """The access rules chosen at installation apply, and a wrong password is refused."""
    assert "Show pagesource" in Page(visitor.get("/doku.php?id=wiki:syntax")).text
    refused = log_in(visitor, "wrong")
    assert refused.status_code == 403
    assert "Sorry, username or password was wrong" in refused.text
    assert not any(cookie.name.startswith("DW") for cookie in visitor.cookies.jar)


def test_log_in_write_a_page_upload_an_image_read_both_log_out(
    wiki, author, visitor, no_complaints
):
    """Everything that an author does, with a non-ASCII file name, and what other visitors see."""
    assert any(cookie.name.startswith("DW") for cookie in author.cookies.jar)
    assert "Logged in as: Ada Lovelace" in Page(author.get("/doku.php?id=start")).text

    editor = Page(author.get("/doku.php?id=testing:tusks&do=edit")).form(id="dw__editform")
    saved = author.post(
        "/doku.php?id=testing:tusks",
        data=editor.filled({"wikitext": TEXT, "summary": "first"}, "do[save]"),
    )
    assert saved.history[0].status_code == 302
    assert "Älephant ivory & <tags>, 象牙." in Page(saved).text

    picture = png(640, 480)
    upload = Page(author.get("/lib/exe/mediamanager.php?ns=testing")).form(id="dw__upload")
    uploaded = Page(
        author.post(
            "/lib/exe/mediamanager.php",
            data=upload.filled({"mediaid": "grün.png"}),
            files={"upload": ("any.png", picture, "image/png")},
        )
    )
    assert "Upload successful" in uploaded.text, uploaded.text[:2000]

    page = Page(visitor.get("/doku.php?id=testing:tusks"))
    assert "Älephant ivory & <tags>, 象牙." in page.text
    assert "<strong>ivory</strong>" in page.html and "&lt;tags&gt;" in page.html
    source = visitor.get("/doku.php?id=testing:tusks&do=export_raw")
    assert source.text == TEXT and source.headers["content-type"].startswith("text/plain")

    original = visitor.get("/lib/exe/fetch.php", params={"media": "testing:grün.png"})
    assert original.status_code == 200 and original.headers["content-type"] == "image/png"
    assert original.content == picture
    again = visitor.get(
        "/lib/exe/fetch.php",
        params={"media": "testing:grün.png"},
        headers={"If-None-Match": original.headers["etag"]},
    )
    assert again.status_code == 304 and again.content == b""
    part = visitor.get(
        "/lib/exe/fetch.php", params={"media": "testing:grün.png"}, headers={"Range": "bytes=8-23"}
    )
    assert part.status_code == 206 and part.content == picture[8:24]
    smaller = visitor.get(page.image("w=200"))
    assert png_size(smaller.content) == (200, 150), "GD must have made it"

    leave = Page(author.get("/doku.php?id=start")).link("do=logout")
    assert "Logged in as" not in Page(author.get(leave)).text
    assert "Logged in as" not in Page(author.get("/doku.php?id=start")).text
    no_complaints(wiki)


def test_upload_by_ajax_and_delete(author, visitor):
    """The media manager's script sends the bare file as the request's body; the file exists
    afterwards, and is gone when it is deleted."""
    picture = png(90, 60)
    token = (
        Page(author.get("/lib/exe/mediamanager.php?ns=testing"))
        .form(id="dw__upload")
        .fields["sectok"]
    )
    answer = author.post(
        "/lib/exe/ajax.php",
        content=picture,
        headers={"Content-Type": "application/octet-stream"},
        params={
            "call": "mediaupload",
            "ns": "testing",
            "mediaid": "small.png",
            "ow": "false",
            "qqfile": "small.png",
            "sectok": token,
        },
    )
    assert answer.json()["success"] is True and answer.json()["id"] == "testing:small.png"
    media = {"media": "testing:small.png"}
    assert visitor.get("/lib/exe/fetch.php", params=media).content == picture
    author.get(
        "/lib/exe/mediamanager.php",
        params={"delete": "testing:small.png", "ns": "testing", "sectok": token},
    )
    assert visitor.get("/lib/exe/fetch.php", params=media).status_code == 404


def test_a_change_is_kept_as_a_revision(author, visitor):
    """Two edits in a row: the page shows the second, its history the first."""
    for text in ("the first thought", "the second thought"):
        # DokuWiki names a revision by its second.
        second = int(time.time())
        wait_for(lambda: time.time() >= second + 1, "the next second to begin")
        form = Page(author.get("/doku.php?id=testing:diary&do=edit")).form(id="dw__editform")
        author.post("/doku.php?id=testing:diary", data=form.filled({"wikitext": text}, "do[save]"))
    assert "the second thought" in Page(visitor.get("/doku.php?id=testing:diary")).text
    history = Page(visitor.get("/doku.php?id=testing:diary&do=revisions"))
    assert "the first thought" in Page(visitor.get(history.link("rev="))).text


def test_style_sheets_scripts_and_images_of_the_template(visitor):
    """Everything that a page loads: generated by PHP (css.php, js.php, jquery.php), and static."""
    html = Page(visitor.get("/doku.php?id=start")).html
    found = {}
    for url in re.findall(r'(?:src|href)="(/lib/[^"]+)"', html):
        response = visitor.get(url.replace("&amp;", "&"))
        assert response.status_code == 200, url
        found[url.split("?")[0]] = response
    assert found["/lib/exe/css.php"].headers["content-type"].startswith("text/css")
    assert "javascript" in found["/lib/exe/js.php"].headers["content-type"]
    assert "jQuery" in found["/lib/exe/jquery.php"].text
    logo = found["/lib/tpl/dokuwiki/images/logo.png"]
    assert logo.headers["content-type"] == "image/png"
    png_size(logo.content)


def test_search_finds_a_page(author, visitor):
    """The indexer, which a page starts as an image (taskrunner.php), and then the search."""
    form = Page(author.get("/doku.php?id=testing:needle&do=edit")).form(id="dw__editform")
    page = Page(
        author.post(
            "/doku.php?id=testing:needle",
            data=form.filled({"wikitext": "a xylophonist in the haystack"}, "do[save]"),
        )
    )
    runner = visitor.get(page.image("taskrunner.php"))
    assert runner.headers["content-type"] == "image/gif" and runner.content[:6] == b"GIF89a"
    assert "testing:needle" in visitor.get("/doku.php?do=search&q=xylophonist").text


@pytest.fixture
def nice_links(wiki):
    """Sets *Use nice URLs* to .htaccess, as the configuration manager writes it, and resets it
    afterwards."""
    settings = wiki.document_root / "conf/local.php"
    before = settings.read_text()
    settings.write_text(before + "\n$conf['userewrite'] = 1;\n")
    yield
    settings.write_text(before)


def test_nice_links(author, visitor, nice_links):
    """/a:page, /_media/, /_detail/ and /_export/ are addresses of its scripts; files are still
    served as files."""
    wait_for(
        lambda: 'href="/start?do=' in Page(visitor.get("/start")).html, "the setting to take effect"
    )
    form = Page(author.get("/nice:page?do=edit")).form(id="dw__editform")
    saved = author.post(
        "/nice:page", data=form.filled({"wikitext": "nice **and** short"}, "do[save]")
    )
    assert saved.url.path == "/nice:page" and "nice and short" in Page(saved).text
    assert "nice and short" in Page(visitor.get("/nice:page?purge=true")).text
    raw = visitor.get("/_export/raw/nice:page")
    assert raw.text.strip() == "nice **and** short"
    picture = visitor.get("/_media/wiki:dokuwiki-128.png")
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/png"
    detail = visitor.get("/_detail/wiki:dokuwiki-128.png?id=start")
    assert detail.status_code == 200 and "dokuwiki-128.png" in detail.text
    missing = visitor.get("/no:such:page")
    assert "This topic does not exist yet" in Page(missing).text
    assert visitor.get("/").status_code == 200
    assert visitor.get("/lib/tpl/dokuwiki/images/logo.png").headers["content-type"] == "image/png"


def test_private_files_are_never_served(wiki):
    """Its pages and users as files, its configuration and its library, and the usual private
    files."""
    planted = never_served.plant(
        wiki.document_root,
        "data/pages/secret.txt",
        "data/media/evil.php",
        "data/evil.php",
        "conf/secret.conf",
        "bin/evil.php",
        "inc/evil.php",
        "vendor/evil.php",
        "lib/images/evil.php",
    )
    never_served.look(wiki, planted)
    for path in ("/conf/users.auth.php", "/conf/local.php", "/data/pages/wiki/syntax.txt",
                 "/inc/init.php", "/bin/wantedpages.php"):  # fmt: skip
        with wiki.raw() as connection:
            response = connection.get(path)
        assert b"<?php" not in response.body and response.status != 200, path
