"""WordPress 6.8 (Debian trixie's package) on MariaDB, installed and used over HTTP as a person
with a browser would: the pages, forms, nonces and requests of its scripts."""

import json
import re

import pytest

from applications import never_served, packages
from applications.browser import Browser, needs_browser
from applications.mariadb import MariaDB
from applications.page import Page
from applications.picture import png, png_size

TITLE, USER, PASSWORD = "Tusk & Söhne", "grace", "Nanosecond-11.8-inches"

CONFIGURATION = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', '{user}');
define('DB_PASSWORD', '{password}');
define('DB_HOST', 'localhost:{socket}');
define('WP_CONTENT_DIR', '{root}/wp-content');
// The tests have no way out; without this every admin page waits for wordpress.org.
define('WP_HTTP_BLOCK_EXTERNAL', true);
"""


def assemble(root, database):
    """Puts the package's files into one directory, and its configuration where its wp-config.php
    looks for it."""
    tree = packages.unpacked("wordpress")
    packages.copy(tree / "usr/share/wordpress", root, ".htaccess")
    packages.copy(tree / "var/lib/wordpress/wp-content", root / "wp-content")
    settings = root.parent / "etc"
    settings.mkdir()
    (settings / "config-default.php").write_text(
        CONFIGURATION.format(
            user=database.user, password=database.password, socket=database.socket, root=root
        )
    )
    configuration = root / "wp-config.php"
    configuration.write_text(configuration.read_text().replace("/etc/wordpress/", f"{settings}/"))
    return root


@pytest.fixture(scope="module")
def database():
    server = MariaDB(["wordpress"])
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(database, serve_application, tmp_path_factory):
    """A server with WordPress on it, installed over HTTP."""
    root = assemble(tmp_path_factory.mktemp("wordpress") / "site", database)
    server = serve_application(root, {}, option=("--preset", "wordpress"))
    server.document_root = root
    with server.new_client(follow_redirects=True) as browser:
        # A site that is not installed redirects all visitors to its installer.
        first = browser.get("/")
        assert first.url.path == "/wp-admin/install.php" and first.history[0].status_code == 302
        chooser = Page(first)
        welcome = (
            chooser
            if any("weblog_title" in form.names for form in chooser.forms)
            else Page(browser.post("/wp-admin/install.php?step=1", data={"language": ""}))
        )
        form = welcome.form(field="weblog_title")
        done = Page(
            browser.post(
                "/wp-admin/install.php?step=2",
                data=form.filled(
                    {
                        "weblog_title": TITLE,
                        "user_name": USER,
                        "admin_password": PASSWORD,
                        "admin_password2": PASSWORD,
                        "admin_email": "grace@example.org",
                    },
                    "Submit",
                ),
            )
        )
        assert "WordPress has been installed" in done.text, done.text
    return server


@pytest.fixture
def visitor(site):
    """The browser of a visitor who has not logged in."""
    with site.new_client(follow_redirects=True) as client:
        yield client


@pytest.fixture
def author(site):
    """The browser of an author who has logged in."""
    with site.new_client(follow_redirects=True) as client:
        log_in(client)
        yield client


def log_in(client, password=PASSWORD):
    form = Page(client.get("/wp-login.php")).form(id="loginform")
    return client.post(
        "/wp-login.php", data=form.filled({"log": USER, "pwd": password}, "wp-submit")
    )


def rest(client, method, route, **options):
    """A request like those of the block editor: a nonce from admin-ajax.php, then the REST API."""
    nonce = client.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
    assert re.fullmatch(r"[0-9a-f]{10}", nonce), nonce
    return client.request(
        method,
        "/index.php",
        params={"rest_route": route, "_locale": "user"},
        headers={"X-WP-Nonce": nonce},
        **options,
    )


def use_pretty_links(client, structure="/%year%/%postname%/"):
    form = Page(client.get("/wp-admin/options-permalink.php")).form(field="permalink_structure")
    saved = client.post(
        "/wp-admin/options-permalink.php",
        data=form.filled(
            {"selection": "custom", "permalink_structure": structure}, "submit"
        ),
    )
    assert "Permalink structure updated" in Page(saved).text


def test_the_installed_site_greets(visitor):
    """The front page with its first post, its style sheet, and the generated feed."""
    front = Page(visitor.get("/"))
    assert TITLE in front.text and "Hello world!" in front.text
    style = re.search(r"href=['\"](http://[^'\"]+/wp-includes/[^'\"]+\.css[^'\"]*)", front.html)[1]
    sheet = visitor.get(style.replace("&#038;", "&"))
    assert sheet.status_code == 200 and sheet.headers["content-type"].startswith("text/css")
    feed = visitor.get("/?feed=rss2")
    assert feed.headers["content-type"].startswith("application/rss+xml")
    assert "<title>Hello world!</title>" in feed.text


def test_a_wrong_password_and_no_login_are_refused(site, visitor):
    """The login page is shown again with its error; the dashboard redirects a stranger to the
    login."""
    assert "is incorrect" in Page(log_in(visitor, "wrong")).text
    assert not any(cookie.name.startswith("wordpress_logged_in") for cookie in visitor.cookies.jar)
    with site.new_client() as stranger:
        sent_away = stranger.get("/wp-admin/")
        assert sent_away.status_code == 302
        assert "/wp-login.php?redirect_to=" in sent_away.headers["location"]


def test_log_in_upload_an_image_write_a_post_read_both_log_out(
    site, author, visitor, no_complaints
):
    """Everything that an author does, and what other visitors see of it."""
    assert any(cookie.name.startswith("wordpress_logged_in") for cookie in author.cookies.jar)
    assert "Dashboard" in Page(author.get("/wp-admin/")).text

    # The media library's uploader (plupload) states in the page what it sends where.
    page = author.get("/wp-admin/media-new.php")
    uploader = json.loads(re.search(r"wpUploaderInit = (\{.*?\});", page.text)[1])
    picture = png(1280, 960)
    answer = author.post(
        uploader["url"],
        data=uploader["multipart_params"] | {"name": "tusk.png"},
        files={uploader["file_data_name"]: ("tusk.png", picture, "image/png")},
    )
    assert answer.status_code == 200 and answer.text.isdigit(), answer.text

    media = rest(author, "GET", f"/wp/v2/media/{answer.text}").json()
    assert visitor.get(media["source_url"]).content == picture, "the upload must come back byte by byte"
    sizes = media["media_details"]["sizes"]
    assert {"thumbnail", "medium", "large"} <= sizes.keys()
    for size in sizes.values():
        smaller = visitor.get(size["source_url"])
        assert smaller.headers["content-type"] == "image/png"
        assert png_size(smaller.content) == (size["width"], size["height"]), "GD must have made it"

    content = (
        "<!-- wp:paragraph --><p>Ivory — 象牙 &amp; “quotes”.</p><!-- /wp:paragraph -->"
        f'<!-- wp:image --><figure class="wp-block-image"><img src="{media["source_url"]}" '
        'alt="a tusk"/></figure><!-- /wp:image -->'
    )
    created = rest(
        author,
        "POST",
        "/wp/v2/posts",
        json={"title": "On Tusks", "content": content, "status": "draft"},
    )
    assert created.status_code == 201, created.text
    post = created.json()["id"]
    editor = author.get(f"/wp-admin/post.php?post={post}&action=edit")
    assert editor.status_code == 200 and "On Tusks" in editor.text
    hidden = visitor.get(f"/?p={post}")
    assert hidden.status_code == 404, "visitors must not see a draft"
    published = rest(author, "POST", f"/wp/v2/posts/{post}", json={"status": "publish"})
    assert published.status_code == 200 and published.json()["status"] == "publish"

    public = Page(visitor.get(f"/?p={post}"))
    assert "On Tusks" in public.text and "Ivory — 象牙 & “quotes”." in public.text
    assert visitor.get(public.image("tusk.png")).content == picture

    leave = Page(author.get("/wp-admin/")).link("action=logout")
    assert "You are now logged out" in Page(author.get(leave)).text
    assert "/wp-login.php" in str(author.get("/wp-admin/").url)
    assert author.get("/wp-admin/admin-ajax.php?action=rest-nonce").status_code == 400
    # The package's own installer reads two variables that are not set.
    no_complaints(site, "Undefined variable $upload_")


def test_pretty_links_go_through_the_fallback(author, visitor):
    """/2026/a-title/ is not a file: the front controller answers it, and the REST API's own path
    too; an unknown path is WordPress's 404 and not the server's."""
    use_pretty_links(author)
    created = rest(
        author,
        "POST",
        "/wp/v2/posts",
        json={"title": "A Pretty Título", "content": "<p>found me</p>", "status": "publish"},
    ).json()
    assert re.search(r"/\d{4}/a-pretty-titulo/$", created["link"])
    assert "found me" in Page(visitor.get(created["link"])).text
    with_slash = visitor.get(created["link"].rstrip("/"))
    assert with_slash.history[0].status_code == 301 and str(with_slash.url) == created["link"]
    api = visitor.get(f"/wp-json/wp/v2/posts/{created['id']}")
    assert api.status_code == 200 and api.json()["title"]["rendered"] == "A Pretty Título"
    assert created["link"] in api.headers["link"]
    nothing = visitor.get("/2026/no-such-post/")
    assert nothing.status_code == 404 and TITLE.split()[-1] in nothing.text


def test_the_classic_forms_of_the_dashboard(author, visitor):
    """Pages that post ordinary forms and redirect: the site's settings, a new category, and a
    comment by a visitor, approved by AJAX."""
    form = Page(author.get("/wp-admin/options-general.php")).form(field="blogdescription")
    author.post(
        "/wp-admin/options.php", data=form.filled({"blogdescription": "ivory & co"}, "submit")
    )
    assert "ivory & co" in Page(author.get("/wp-admin/options-general.php")).html.replace(
        "&amp;", "&"
    )

    form = Page(author.get("/wp-admin/edit-tags.php?taxonomy=category")).form(id="addtag")
    added = author.post(
        "/wp-admin/edit-tags.php",
        data=form.filled({"tag-name": "Elephants", "slug": "elephants"}, "submit"),
    )
    assert "Elephants" in Page(added).text

    form = Page(visitor.get("/?p=1")).form(id="commentform")
    remark = visitor.post(
        "/wp-comments-post.php",
        data=form.filled(
            {"author": "Eve", "email": "eve@example.org", "comment": "first one here"}, "submit"
        ),
    )
    assert "awaiting moderation" in Page(remark).text
    comments = Page(author.get("/wp-admin/edit-comments.php?comment_status=moderated"))
    approve = comments.link("action=approvecomment")
    assert author.get(approve).status_code == 200
    with_comment = Page(visitor.get("/?p=1"))
    assert "first one here" in with_comment.text and "awaiting" not in with_comment.text


def test_scheduled_tasks_run(site, visitor):
    """wp-cron.php answers at once and goes on working; WordPress requests it from itself."""
    response = visitor.get("/wp-cron.php?doing_wp_cron")
    assert response.status_code == 200 and response.content == b""


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()


@needs_browser
def test_a_browser_logs_in_writes_a_post_with_an_image_and_sees_it(site, browser, tmp_path):
    """Chromium with the block editor: its scripts, its frames, the upload by fetch(), and the
    public page with the loaded picture."""
    picture = tmp_path / "ivory.png"
    picture.write_bytes(png(640, 480))

    browser.open(site.url + "/wp-login.php")
    browser.fill("#user_login", USER)
    browser.fill("#user_pass", PASSWORD)
    browser.click("#wp-submit")
    browser.find("#wpadminbar")

    browser.open(site.url + "/wp-admin/post-new.php")
    browser.wait(
        lambda driver: driver.execute_script(
            "return window.wp?.data?.select('core/editor')?.__unstableIsEditorReady()"
        ),
        "the editor to be ready",
    )
    browser.driver.execute_script(
        "wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false)"
    )
    editor = browser.find(".edit-post-visual-editor, .editor-visual-editor")
    if frames := editor.find_elements("css selector", "iframe[name='editor-canvas']"):
        browser.driver.switch_to.frame(frames[0])
    browser.click(".wp-block-post-title")
    title = browser.find(".wp-block-post-title")
    title.send_keys("Seen by a browser\n")
    browser.find("[data-type='core/paragraph']").send_keys("Typed — 象牙 — into it.\n/image")
    browser.driver.switch_to.default_content()
    browser.find(".components-autocomplete__result, .editor-block-list-item-image")
    if frames:
        browser.driver.switch_to.frame(frames[0])
    browser.driver.switch_to.active_element.send_keys("\n")
    upload = browser.wait(
        lambda driver: driver.find_element("css selector", "[data-type='core/image'] input[type=file]"),
        "the image block",
    )
    upload.send_keys(str(picture))
    browser.wait(
        lambda driver: "/uploads/" in driver.find_element(
            "css selector", "[data-type='core/image'] img"
        ).get_attribute("src"),
        "the upload to end",
    )
    browser.driver.switch_to.default_content()
    browser.click(".editor-post-publish-panel__toggle, .editor-post-publish-button__button")
    browser.click(".editor-post-publish-panel .editor-post-publish-button")
    link = browser.find(".post-publish-panel__postpublish-buttons a").get_attribute("href")

    browser.open(link)
    assert "Seen by a browser" in browser.driver.title
    assert "Typed — 象牙 — into it." in browser.text()
    browser.wait(
        lambda driver: driver.execute_script(
            "const i = document.querySelector('.wp-block-image img');"
            "return i && i.complete && i.naturalWidth > 0"
        ),
        "the picture to be drawn",
    )
    browser.driver.save_screenshot(str(tmp_path / "post.png"))
    complaints = [c for c in browser.complaints() if site.url in c["message"]]
    assert not complaints, complaints


def test_addresses_of_the_application(author, visitor):
    """With pretty links: feeds, archives, the REST API at both its addresses, the site map and
    robots.txt, which are not files, and the dashboard's directory without its slash."""
    use_pretty_links(author)
    for path in ("/feed/", "/comments/feed/", "/feed/atom/"):
        feed = visitor.get(path)
        assert feed.status_code == 200 and "xml" in feed.headers["content-type"], path
    assert "Uncategorized" in Page(visitor.get("/category/uncategorized/")).text
    by_path = visitor.get("/wp-json/wp/v2/posts?per_page=1")
    by_query = visitor.get("/?rest_route=/wp/v2/posts&per_page=1")
    assert by_path.status_code == by_query.status_code == 200
    assert by_path.json()[0]["id"] == by_query.json()[0]["id"]
    assert visitor.get("/wp-json/").json()["name"]
    wrong = visitor.get("/wp-json/wp/v2/posts/999999")
    assert wrong.status_code == 404 and wrong.json()["code"] == "rest_post_invalid_id"
    assert "Sitemap:" in visitor.get("/robots.txt").text
    assert "<sitemapindex" in visitor.get("/wp-sitemap.xml").text
    dashboard = author.get("/wp-admin")
    assert dashboard.history[0].status_code == 301 and "Dashboard" in Page(dashboard).text
    assert visitor.post("/xmlrpc.php", content=b"<methodCall/>").status_code == 200
    configuration = visitor.get("/wp-config.php")  # which here does not find the rest of WordPress
    assert configuration.status_code == 500
    assert "DB_" not in configuration.text and "wp-settings" not in configuration.text


def test_private_files_are_never_served(site, author):
    """Hidden files, backups, dumps, the debug log, and scripts in the directories that people
    upload to."""
    planted = never_served.plant(
        site.document_root,
        "wp-config.php.bak",
        "wp-config.php~",
        "wp-config.php.save",
        ".wp-config.php.swp",
        "wp-config.old",
        "wp-content/debug.log",
        "wp-content/uploads/evil.php",
        "wp-content/uploads/2026/01/evil.php",
        "wp-content/uploads/evil.phtml",
        "wp-content/uploads/.htaccess",
        "wp-content/cache/evil.php",
        "wp-content/upgrade/evil.php",
    )
    never_served.look(site, planted)
    (site.document_root / "wp-content/uploads/fine.txt").write_text("fine")
    assert author.get("/wp-content/uploads/fine.txt").text == "fine"
