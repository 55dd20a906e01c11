"""A Symfony 6.4 application (Debian trixie's packages, and a guest book of ours in symfony/)
used over HTTP: by people, with forms and sessions, and by programs. Its front controller answers
every path that is not a file."""

import re
import time

import pytest

from applications import never_served, packages
from applications.first_visitors import visit_at_once
from applications.page import Page
from applications.picture import png
from harness.server import REPOSITORY
from harness.wait import wait_for


@pytest.fixture(scope="module")
def book(serve_application, tmp_path_factory):
    """A server with the guest book, in production mode, with a cold cache."""
    project = tmp_path_factory.mktemp("symfony") / "book"
    packages.copy(REPOSITORY / "tests/applications/symfony", project)
    (project / "var/pictures").mkdir(parents=True)
    tree = packages.unpacked("symfony")
    server = serve_application(
        project / "public",
        {"include_path": f".:{tree}/usr/share/php"},
        option=("--preset", "symfony"),
    )
    server.project = project
    return server


@pytest.fixture
def visitor(book):
    with book.new_client(follow_redirects=True) as client:
        yield client


def sign(visitor, name="Ada", text="Hello", **more):
    form = Page(visitor.get("/sign")).form(field="form[name]")
    return visitor.post(
        "/sign", data=form.filled({"form[name]": name, "form[text]": text}, "form[save]"), **more
    )


def test_many_first_visitors_at_once(book):
    """The first requests compile the container, the routes and the templates, all at once."""
    answers = visit_at_once(book, 12)
    assert [answer.status_code for answer in answers] == [200] * 12, answers
    assert all("You were here 1 time." in Page(answer).text for answer in answers)


def test_sign_the_book_with_a_picture(book, visitor, no_complaints):
    """Form, CSRF token, upload, flash message, redirect; the text is escaped."""
    picture = png(120, 80)
    signed = sign(
        visitor,
        "Ada <b>Lovelace</b>",
        "Ivory — 象牙 & more",
        files={"form[picture]": ("a.png", picture, "image/png")},
    )
    assert signed.history[0].status_code == 303 and signed.url.path == "/"
    page = Page(signed)
    assert "Thank you, Ada <b>Lovelace</b>!" in page.text and "象牙 & more" in page.text
    image = visitor.get(page.image("/api/pictures/"))
    assert image.content == picture and image.headers["content-type"] == "image/png"
    part = visitor.get(image.url, headers={"Range": "bytes=8-23"})
    assert part.status_code == 206 and part.content == picture[8:24]
    again = visitor.get(image.url, headers={"If-None-Match": image.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    assert "Thank you" not in Page(visitor.get("/")).text, "a flash message is shown once"
    no_complaints(book)


def test_a_form_with_mistakes_comes_again(visitor):
    """Validation answers 422 with the mistakes and the typed text; a forged form is refused."""
    wrong = sign(visitor, name="", text="I typed this")
    assert wrong.status_code == 422
    assert "Say who you are." in wrong.text and "I typed this" in wrong.text
    forged = visitor.post("/sign", data={"form[name]": "Eve", "form[text]": "x", "form[save]": ""})
    assert forged.status_code == 422 and "CSRF token is invalid" in forged.text
    assert "Eve" not in Page(visitor.get("/")).text


def test_sessions_count_each_visitor(book, visitor):
    """The session's cookie is set once, with the attributes that the application chose."""
    first = visitor.get("/")
    cookie = first.headers.get_list("set-cookie")
    assert len(cookie) == 1 and re.match(r"PHPSESSID=[^;]+; path=/; httponly; samesite=lax$", cookie[0])
    assert "You were here 1 time." in Page(first).text
    for visit in range(2, 6):
        assert f"You were here {visit} times." in Page(visitor.get("/")).text
    with book.new_client() as other:
        assert "You were here 1 time." in Page(other.get("/")).text


def test_an_api_creates_reads_and_revalidates(visitor):
    created = visitor.post("/api/entries", json={"name": "Grace", "text": "nano"})
    assert created.status_code == 201, created.text
    place = created.headers["location"]
    assert place.startswith(str(visitor.base_url)) and visitor.get(place).json() == created.json()
    every = visitor.get("/api/entries")
    assert created.json() in every.json()
    assert every.headers["cache-control"] == "max-age=60, public"
    assert "set-cookie" not in every.headers, "no session must be used"
    same = visitor.get("/api/entries", headers={"If-None-Match": every.headers["etag"]})
    assert same.status_code == 304 and same.content == b""
    head = visitor.head("/api/entries")
    assert head.status_code == 200 and head.content == b""
    refused = visitor.post("/api/entries", content=b"{", headers={"Content-Type": "application/json"})
    assert refused.status_code == 400


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_framework_sees_the_request(visitor, method):
    """Method, address, path, query, form, body and credentials, as the framework reports them."""
    response = visitor.request(
        method,
        "/api/echo/a%20b/c%C3%A9?x[]=1&x[]=2&y=%2B",
        data=None if method == "GET" else {"f[a]": "é", "g": "1"},
        auth=("ada", "p:w"),
        headers={"User-Agent": "walker/1"},
    )
    seen = response.json()
    assert seen["method"] == method and seen["rest"] == "a b/cé"
    assert seen["path"] == "/api/echo/a%20b/c%C3%A9" and seen["base"] == ""
    assert seen["uri"] == str(visitor.base_url) + seen["path"] + "?x%5B0%5D=1&x%5B1%5D=2&y=%2B"
    assert seen["query"] == {"x": ["1", "2"], "y": "+"}
    if method != "GET":
        assert seen["form"] == {"f": {"a": "é"}, "g": "1"}
        assert seen["body"] == "f%5Ba%5D=%C3%A9&g=1"
    assert (seen["user"], seen["password"], seen["agent"]) == ("ada", "p:w", "walker/1")
    assert response.headers.get_list("set-cookie") == [
        "seen=yes%20%26%20no; path=/; httponly; samesite=strict",
        "twice=2; path=/; httponly; samesite=lax",
    ]


def test_a_method_that_a_form_overrides(visitor):
    seen = visitor.post("/api/echo/", data={"_method": "DELETE"}).json()
    assert seen["method"] == "DELETE"


def test_pages_that_fail(book, visitor):
    """Not found, not allowed, an HTTP exception with its headers, an exception, a fatal error:
    the client gets the application's own error page, and the details are in the log only."""
    for path, status in [("/nothing/here", 404), ("/broken", 500)]:
        response = visitor.get(path)
        assert response.status_code == status, path
        assert f"{status}: the page is torn" in response.text, path
    assert visitor.get("/../src/Kernel.php").status_code == 404
    teapot = visitor.get("/teapot")
    assert teapot.status_code == 418 and teapot.headers["x-tea"] == "Assam"
    not_allowed = visitor.post("/teapot/", data={})
    assert not_allowed.status_code == 404
    wrong = visitor.delete("/sign")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "GET, POST"
    assert "the ink ran dry" not in visitor.get("/broken").text
    wait_for(lambda: "the ink ran dry" in book.log(), "the exception in the log")
    fatal = visitor.get("/fatal")
    assert fatal.status_code == 500 and "Allowed memory size" not in fatal.text
    wait_for(lambda: "Allowed memory size" in book.log(), "the fatal error in the log")
    assert visitor.get("/").status_code == 200


def test_a_streamed_response(visitor):
    response = visitor.get("/api/stream")
    lines = response.text.splitlines()
    assert len(lines) == 1000 and lines == [str(n % 10) * 1000 for n in range(1, 1001)]


def test_work_after_the_response(book, visitor):
    """Symfony sends the response by fastcgi_finish_request(); kernel.terminate comes after it."""
    if not hasattr(book, "metrics"):
        pytest.skip("PHP's development server has no fastcgi_finish_request()")
    answer = visitor.get("/api/later/cleanup")
    assert answer.status_code == 202 and answer.text == "accepted\n"
    done = book.project / "var/cleanup.done"
    assert not done.exists()
    (book.project / "var/cleanup.go").touch()
    wait_for(done.exists, "the work after the response")


def test_static_files_beside_the_front_controller(visitor):
    style = visitor.get("/style.css")
    assert style.headers["content-type"].startswith("text/css") and "sans-serif" in style.text
    assert visitor.get("/index.php/api/entries").status_code == 200


def test_debug_mode(serve_application, book, tmp_path_factory):
    """The development mode: the exception's page with an excerpt of the code, a fresh container
    when a file changes."""
    tree = packages.unpacked("symfony")
    project = tmp_path_factory.mktemp("symfony") / "debug"
    packages.copy(REPOSITORY / "tests/applications/symfony", project)
    (project / "var/pictures").mkdir(parents=True)
    index = project / "public/index.php"
    index.write_text(
        index.read_text().replace("$_SERVER['APP_ENV'] ?? 'prod'", "'dev'").replace(
            "(bool) ($_SERVER['APP_DEBUG'] ?? false)", "true")
    )
    server = serve_application(
        project / "public",
        {"include_path": f".:{tree}/usr/share/php"},
        option=("--preset", "symfony"),
    )
    with server.new_client() as client:
        broken = client.get("/broken")
        assert broken.status_code == 500 and "the ink ran dry" in broken.text
        assert "PageController.php" in broken.text and "Stack Trace" in broken.text
        assert client.get("/extra").status_code == 404
        # Symfony compares seconds.
        second = int(time.time())
        wait_for(lambda: time.time() >= second + 1, "the next second to begin")
        controller = project / "src/Controller/ApiController.php"
        controller.write_text(controller.read_text().replace("/api/stream", "/extra"))
        wait_for(lambda: client.get("/extra").status_code == 200, "the changed route")


def test_private_files_are_never_served(book):
    """Files left in the public directory, scripts other than the front controller, and
    everything beside the public directory."""
    planted = never_served.plant(
        book.project / "public", "other.php", "bundles/evil.php", "uploads/evil.php"
    )
    beside = ["/../.env", "/../composer.json", "/../src/Kernel.php", "/%2e%2e/var/x"]
    never_served.look(book, planted + beside)
    assert book.get("/other.php").status_code == 404
