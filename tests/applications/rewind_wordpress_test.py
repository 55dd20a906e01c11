"""WordPress in a rewound pool, by contrib/rewind/wordpress.php: the same bytes as plain requests give, whoever asks, and
what others change is seen by the next request. An experiment: contrib/rewind/README.md says what does not work."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from applications import rewound
from applications.wordpress_test import database, log_in, site, use_pretty_links  # noqa: F401 — two are fixtures
from harness.wait import wait_for
from harness.worker_processes import children, hosts_of

REQUESTS = 1000
CONFIGURATION = """
preset = "wordpress"
engine = "processes"
php_workers = 1

[[pool]]
name = "scripts"
match = ["/**.php", "/**.php/**", "/wp-admin/**"]
workers = 2

[[pool]]
name = "front"
match = "/**"
script = "@SCRIPT@"
mode = "rewind"
workers = 2
env = { APP_BASE_PATH = "@ROOT@"@MORE@ }
"""
PAGES = [
    "/", "/page/2/", "/2026/post-3/", "/2026/post-3", "/?p=1", "/2026/no-such-post/", "/feed/", "/comments/feed/",
    "/2026/post-3/feed/", "/?s=text", "/?s=nothing+like+it", "/category/uncategorized/", "/author/grace/", "/2026/",
    "/wp-json/", "/wp-json/wp/v2/posts?per_page=5", "/wp-json/wp/v2/posts/999999", "/wp-json/wp/v2/users/me",
    "/?rest_route=/wp/v2/types", "/wp-sitemap.xml", "/robots.txt", "/wp-content/absent.png", "/favicon.ico",
]  # fmt: skip


class Front:
    """One server as one visitor sees it. The site has one name, that of the plain server."""

    def __init__(self, server, name: str, cookies: str = ""):
        self._client = server.new_client(headers={"Host": name} | ({"Cookie": cookies} if cookies else {}))

    def ask(self, path: str, method: str = "GET", **options) -> tuple:
        answer = self._client.request(method, path, **options)
        headers = sorted(item for item in answer.headers.multi_items() if item[0] != "date")
        return answer.status_code, headers, answer.content

    def text(self, path: str) -> str:
        return self.ask(path)[2].decode()


@pytest.fixture(scope="module")
def author(site):  # noqa: F811
    """The browser of an author; the site has pretty links and twelve posts, each of a day of its own."""
    rewound.skip_unless_possible()
    with site.new_client(follow_redirects=True) as client:
        log_in(client)
        use_pretty_links(client)
        for n in range(12):
            made = change(client, "/wp/v2/posts", title=f"Post {n}", status="publish", date=f"2026-01-{n + 1:02}T00:00:00",
                          content=f"<!-- wp:paragraph --><p>text {n}</p><!-- /wp:paragraph -->" * 5)
            assert made.status_code == 201, made.text
        yield client


def change(client, route: str, **values):
    """A change by the REST API, as the block editor makes it, at the plain server."""
    nonce = client.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
    return client.post("/index.php", params={"rest_route": route}, headers={"X-WP-Nonce": nonce}, json=values)


def ask_rest(client, route: str, **parameters):
    nonce = client.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
    return client.get("/index.php", params={"rest_route": route} | parameters, headers={"X-WP-Nonce": nonce})


@pytest.fixture(scope="module")
def cookies(author) -> str:
    return "; ".join(f"{each.name}={each.value}" for each in author.cookies.jar if each.path == "/")


def configured(tmp_path, root, more: str) -> tuple:
    text = CONFIGURATION.replace("@SCRIPT@", str(rewound.WORKERS / "wordpress.php")).replace("@ROOT@", str(root))
    (tmp_path / "tusk.toml").write_text(text.replace("@MORE@", more))
    return ("--config", tmp_path / "tusk.toml", *rewound.PATIENCE)


@pytest.fixture(scope="module")
def server(site, author, start_module_tusk, tmp_path_factory):  # noqa: F811
    options = configured(tmp_path_factory.mktemp("rewound"), site.document_root, f', APP_URL = "{site.url}"')
    return start_module_tusk(site.document_root, *options)


@pytest.fixture(scope="module")
def visitors(site, server, cookies) -> dict:  # noqa: F811
    """By who asks: the plain server and the rewound one, for a stranger and for the author."""
    name = site.url.removeprefix("http://")
    return {who: (Front(site, name, jar), Front(server, name, jar)) for who, jar in
            {"stranger": "", "author": cookies}.items()}


@pytest.mark.parametrize("who", ["stranger", "author"])
def test_the_same_bytes(visitors, who):
    plain, rewind = visitors[who]
    statuses = set()
    for page in PAGES:
        expected = plain.ask(page)
        statuses.add(expected[0])
        assert rewind.ask(page) == expected, page
        assert rewind.ask(page, "HEAD") == plain.ask(page, "HEAD"), page
    assert statuses >= {200, 301, 404}
    assert ("wpadminbar" in rewind.text("/")) == (who == "author")


def test_a_thousand_requests_in_any_order(visitors, server):
    """By a stranger and the author in turns, four at a time: each gets what the plain server says to this visitor."""
    kinds = [(who, page) for who in visitors for page in PAGES]
    expected = {kind: visitors[kind[0]][0].ask(kind[1]) for kind in kinds}
    workers = {pid: children(pid) for pid in hosts_of(server.pid)}
    dice = random.Random(7)
    asked = dice.choices(kinds, k=REQUESTS)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda kind: visitors[kind[0]][1].ask(kind[1]), asked)
        wrong = [(kind, answer, expected[kind]) for kind, answer in zip(asked, answers) if answer != expected[kind]]
    # WordPress's own tasks, which a visit begins, may have changed a page meanwhile: for the plain server, too.
    wrong = [(kind, answer, before) for kind, answer, before in wrong if answer != visitors[kind[0]][0].ask(kind[1])]
    assert wrong == []
    assert {pid: children(pid) for pid in hosts_of(server.pid)} == workers


def test_the_next_request_sees_what_others_change(visitors, author, site):  # noqa: F811
    """A post, a comment, the title and the styles of the site, maintenance: nothing of the boot's is in between."""
    _, rewind = visitors["stranger"]
    post = change(author, "/wp/v2/posts", title="Just now", status="publish", content="ivory").json()
    path = post["link"].removeprefix(site.url)
    assert "Just now" in rewind.text("/") and "ivory" in rewind.text(path)
    assert change(author, "/wp/v2/comments", post=post["id"], content="a remark").status_code == 201
    assert "a remark" in rewind.text(path)
    change(author, f"/wp/v2/posts/{post['id']}", status="draft")
    assert "Just now" not in rewind.text("/") and rewind.ask(path)[0] == 404
    change(author, "/wp/v2/settings", title="Another title")
    assert "<title>Another title" in rewind.text("/")
    [theme] = ask_rest(author, "/wp/v2/themes", status="active").json()
    styles = theme["_links"]["wp:user-global-styles"][0]["href"].rpartition("/")[2]
    for colour in ("#123456", "#654321"):
        changed = change(author, f"/wp/v2/global-styles/{styles}", styles={"color": {"background": colour}})
        assert changed.status_code == 200 and colour in rewind.text("/")
    closed = site.document_root / ".maintenance"
    closed.write_text("<?php $upgrading = time();")
    assert rewind.ask("/")[0] == 503
    closed.unlink()
    assert rewind.ask("/")[0] == 200


def test_the_rewound_pool_takes_posts(visitors, author, site):  # noqa: F811
    """By the REST API's own path, with the author's cookies and nonce. Without the nonce nobody is logged in."""
    plain, rewind = visitors["author"]
    nonce = author.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
    made = rewind.ask("/wp-json/wp/v2/posts", "POST", json={"title": "Rewound", "status": "publish"},
                      headers={"X-WP-Nonce": nonce})  # fmt: skip
    assert made[0] == 201 and "Rewound" in plain.text("/")
    assert rewind.ask("/wp-json/wp/v2/posts", "POST", json={"title": "Nobody's"})[0] == 401


def test_previews_are_refused(visitors):
    """They load other plugins or another theme, which has been done in the boot."""
    for query in ("customize_changeset_uuid=x", "wp_theme_preview=other"):
        status, _, text = visitors["author"][1].ask(f"/?{query}")
        assert status == 501 and b"do not work in a rewound pool" in text


def test_another_structure_of_links_boots_anew(visitors, author, server):
    """WordPress reads it while it loads. The request that sees the change asks for another boot."""
    _, rewind = visitors["stranger"]
    assert rewind.ask("/2026/post-3/")[0] == 200
    use_pretty_links(author, "/archive/%postname%/")
    wait_for(lambda: rewind.ask("/archive/post-3/")[0] == 200, "the new structure")
    wait_for(lambda: "/archive/post-3/" in rewind.text("/page/2/"), "the new links")
    use_pretty_links(author)
    wait_for(lambda: rewind.ask("/2026/post-3/")[0] == 200, "the structure before")


PLUGIN = """<?php
add_action('init', function () { $GLOBALS['early'] = is_user_logged_in() ? 'somebody' : 'nobody'; });
add_action('wp_footer', function () { global $early, $is_chrome, $pagenow;
  echo "early=$early late=", is_user_logged_in() ? 'somebody' : 'nobody', ' chrome=', (int) $is_chrome, " $pagenow"; });
"""


def test_plugins_see_nobody_before_wp_loaded(site, start_tusk, tmp_path, cookies):  # noqa: F811
    """What README.md warns of: a plugin's init has run in the boot. Later hooks are the request's."""
    plugin = site.document_root / "wp-content/mu-plugins/early.php"
    plugin.parent.mkdir()
    plugin.write_text(PLUGIN)
    try:
        options = configured(tmp_path, site.document_root, f', APP_URL = "{site.url}"')
        server, name = start_tusk(site.document_root, *options), site.url.removeprefix("http://")
        assert "early=somebody late=somebody" in Front(site, name, cookies).text("/")
        assert "early=nobody late=somebody" in Front(server, name, cookies).text("/")
        assert "early=nobody late=nobody chrome=0 index.php" in Front(server, name).text("/")
        browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"}
        for one in (site, server):
            assert b"chrome=1 index.php" in Front(one, name).ask("/", headers=browser)[2]
    finally:
        plugin.unlink()
        plugin.parent.rmdir()


OBJECT_CACHE = "<?php require_once ABSPATH . WPINC . '/cache.php';"
URL = ', APP_URL = "http://localhost"'


@pytest.mark.parametrize("more, cache, reason", [
    ("", "", "APP_URL must be the address of the site"),
    (', APP_URL = "localhost"', "", "APP_URL must be the address of the site"),
    (URL + ' }\nwarm_up = "/"\nphp = { precision = "14"', "", "leave warm_up out"),
    (URL, OBJECT_CACHE, "object-cache.php do not work"),
])  # fmt: skip
def test_a_boot_that_cannot_be_right_says_why(site, start_tusk, tmp_path, more, cache, reason):  # noqa: F811
    """And other scripts than index.php are served all the same."""
    rewound.skip_unless_possible()
    file = site.document_root / "wp-content/object-cache.php"
    if cache:
        file.write_text(cache)
    try:
        broken = start_tusk(site.document_root, *configured(tmp_path, site.document_root, more), ready=False)
        broken.wait_until_started()
        assert broken.get("/").status_code == 503
        wait_for(lambda: reason in broken.log(), "the reason")
        assert broken.get("/wp-login.php").status_code in (200, 302)
    finally:
        file.unlink(missing_ok=True)
