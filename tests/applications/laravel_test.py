"""A Laravel 10 application (Debian trixie's packages, and a small application of ours in
laravel/), set up by its own artisan and used over HTTP: forms, sessions, uploads, downloads,
signed links, an API, work after the response, maintenance."""

import os
import re
import subprocess
import threading

import pytest

from applications import never_served, packages
from applications.first_visitors import visit_at_once
from applications.page import Page
from harness.php_build import php_program
from harness.server import REPOSITORY
from harness.wait import wait_for

LARGE = os.urandom(3_000_000)


class Project:
    def __init__(self, directory):
        self.directory = directory
        self.storage = directory / "storage"

    def artisan(self, *words):
        done = subprocess.run(
            [php_program(), "artisan", *words, "--no-interaction", "--no-ansi"],
            cwd=self.directory,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout


def assemble(directory):
    """The application with its framework, as a deployment leaves it, with cold caches."""
    framework = packages.copy(packages.unpacked("laravel") / "usr/share/php", directory / "php")
    for loader in framework.rglob("autoload.php"):
        loader.write_text(loader.read_text().replace("/usr/share/php/", f"{framework}/"))
    project = packages.copy(REPOSITORY / "tests/applications/laravel", directory / "project")
    loader = f"<?php return '{framework}/Illuminate/autoload.php';"
    (project / "bootstrap/framework.php").write_text(loader)
    for place in ("app/public", "framework/cache/data", "framework/sessions", "framework/views"):
        (project / "storage" / place).mkdir(parents=True)
    (project / "bootstrap/cache").mkdir()
    (project / "database/notes.db").touch()
    (project / "storage/app/large.bin").write_bytes(LARGE)
    return Project(project)


@pytest.fixture(scope="module")
def notes(serve_application, tmp_path_factory):
    project = assemble(tmp_path_factory.mktemp("laravel"))
    project.artisan("migrate", "--force")
    project.artisan("storage:link")
    # The project's directory, as many configure it: the preset serves its public directory.
    server = serve_application(project.directory, {}, option=("--preset", "laravel"))
    server.project = project
    return server


@pytest.fixture
def visitor(notes):
    with notes.new_client(follow_redirects=True) as client:
        yield client


def write(visitor, text, **more):
    form = Page(visitor.get("/")).form(field="text")
    return visitor.post("/notes", data=form.filled({"text": text}, "save"), **more)


def test_many_first_visitors_at_once(notes):
    """The first requests write the framework's manifests and compile the template. Laravel
    writes the template in place, so a request that reads it meanwhile shows none of it, under
    any server."""
    answers = visit_at_once(notes, 8)
    assert [answer.status_code for answer in answers] == [200] * 8, answers
    assert all("Visit 1." in Page(answer).text for answer in answers if answer.content)
    with notes.new_client() as client:
        assert "Visit 1." in Page(client.get("/")).text


def test_a_note_with_a_file(notes, visitor, no_complaints):
    """Form, CSRF token, upload, flash message, encrypted cookie. The file comes back through the
    storage link, completely and in part."""
    saved = write(visitor, "Ivory — 象牙 & <b>", files={"file": ("a.bin", LARGE, "image/png")})
    assert saved.history[0].status_code == 302 and saved.url.path == "/"
    page = Page(saved)
    assert "Saved!" in page.text and "Ivory — 象牙 & <b>" in page.text and "Visit 2." in page.text
    assert "Saved!" not in Page(visitor.get("/")).text, "a flash message is shown once"
    assert visitor.get("/last").text == "a=b; ü"
    link = page.link("/storage/notes/")
    assert link.startswith(str(visitor.base_url)) and visitor.get(link).content == LARGE
    part = visitor.get(link, headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206 and part.content == LARGE[1000:2000]
    assert visitor.get("/app.css").headers["content-type"].startswith("text/css")
    no_complaints(notes)


def test_a_form_with_mistakes(visitor):
    wrong = write(visitor, "x" * 51)
    assert wrong.history[0].status_code == 302
    page = Page(wrong)
    assert "must not be greater than 50 characters" in page.text
    assert page.form(field="text").fields["text"] == "x" * 51
    assert visitor.post("/notes", data={"text": "forged"}).status_code == 419
    assert "forged" not in visitor.get("/").text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_framework_sees_the_request(visitor, method):
    body = {} if method == "GET" else {"json": {"k": ["é"]}}
    seen = visitor.request(
        method,
        "/api/echo/a%20b/%C3%A9%2Fq/notes.inc?x[]=1&y=%2B",
        headers={"Authorization": "Bearer t0ken"},
        **body,
    ).json()
    root = str(visitor.base_url).rstrip("/")
    assert seen == {
        "method": method,
        "path": "api/echo/a%20b/%C3%A9%2Fq/notes.inc",
        "rest": "a b/é/q/notes.inc",
        "url": root + "/api/echo/a%20b/%C3%A9%2Fq/notes.inc?x%5B0%5D=1&y=%2B",
        "root": root,
        "query": {"x": ["1"], "y": "+"},
        # Laravel treats JSON as form data, except with GET.
        "post": [] if method == "GET" else {"k": ["é"]},
        "json": None if method == "GET" else {"k": ["é"]},
        "token": "t0ken",
    }


def test_addresses_that_look_like_files(visitor):
    seen = visitor.get("/index.php/api/echo/x").json()
    assert seen["path"] == "api/echo/x" and seen["root"].endswith("/index.php")
    for name in ("src/db.inc", "a.php.txt", "dump.sql", "sub/.env", "composer.json"):
        assert visitor.get(f"/api/echo/{name}").json()["rest"] == name, "this is an address, not a file"
    assert visitor.post("/api/echo", data={"_method": "DELETE"}).json()["method"] == "DELETE"


def test_downloads(visitor):
    """Symfony's BinaryFileResponse handles ranges itself; HEAD works too."""
    whole = visitor.get("/file")
    assert whole.content == LARGE and whole.headers["accept-ranges"] == "bytes"
    part = visitor.get("/file", headers={"Range": "bytes=2999990-"})
    assert part.status_code == 206 and part.content == LARGE[-10:]
    assert part.headers["content-range"] == "bytes 2999990-2999999/3000000"
    stale = {"Range": "bytes=0-9", "If-Range": "Sat, 01 Jan 2000 00:00:00 GMT"}
    assert visitor.get("/file", headers=stale).content == LARGE
    named = visitor.get("/download")
    assert named.content == LARGE and "Gr%C3%BC%C3%9Fe.bin" in named.headers["content-disposition"]
    head = visitor.head("/download")
    assert head.headers["content-length"] == "3000000" and head.content == b""


def test_signed_links(visitor):
    link = visitor.get("/sign").text
    assert link.startswith(str(visitor.base_url)) and visitor.get(link).text == "signed: a b&c"
    assert visitor.get(link.replace("a%20b", "other")).status_code == 403


def test_limits_and_locks(notes, visitor):
    """The framework's own rate limit recognises the client; its locks work across threads."""
    answers = [visitor.get("/api/limited") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429], answers[0].text
    assert int(answers[4].headers["retry-after"]) > 0
    counts = []

    def count():
        with notes.new_client() as client:
            counts.extend(client.post("/api/count").json()["count"] for _ in range(5))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 21))


def test_an_event_stream(notes, visitor):
    with visitor.stream("GET", "/api/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        text, number = "", 0
        for piece in response.iter_text():
            text += piece
            while f"data: {number + 1}\n\n" in text:
                number += 1
                (notes.project.storage / f"event.{number}").touch()
    assert text == "data: 1\n\ndata: 2\n\ndata: 3\n\n"


def test_work_after_the_response(notes, visitor):
    if not hasattr(notes, "metrics"):
        pytest.skip("PHP's development server has no fastcgi_finish_request()")
    assert visitor.get("/later").text == "accepted"
    assert not (notes.project.storage / "later.done").exists()
    (notes.project.storage / "later.go").touch()
    wait_for((notes.project.storage / "later.done").exists, "the work after the response")


def test_pages_that_fail(notes, visitor):
    """The framework's own error pages, JSON for programs, and the details in the log only."""
    assert "Not Found" in visitor.get("/nothing/here").text
    for status in (403, 404, 419, 503):
        assert visitor.get(f"/abort/{status}").status_code == status
    broken = visitor.get("/broken", headers={"Accept": "application/json"})
    assert broken.status_code == 500 and broken.json() == {"message": "Server Error"}
    wait_for(lambda: "the pencil broke" in notes.log(), "the exception in the log")
    too_large = visitor.post("/api/echo", data={"a": "x" * 17_900_000})
    assert too_large.status_code == 413
    wrong = visitor.get("/notes")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"


def test_maintenance_mode(notes, visitor):
    notes.project.artisan("down", "--retry=60", "--secret=let-me-in")
    try:
        closed = visitor.get("/")
        assert closed.status_code == 503 and closed.headers["retry-after"] == "60"
        assert visitor.get("/let-me-in").status_code == 200, "a cookie must let staff in"
    finally:
        notes.project.artisan("up")
    assert visitor.get("/").status_code == 200


def test_cached_configuration_and_routes(notes, visitor):
    """A deployment does the same. The caches replace files that OPcache has cached."""
    notes.project.artisan("config:cache")
    notes.project.artisan("view:cache")
    try:
        assert re.search(r"Visit \d+\.", Page(visitor.get("/")).text)
    finally:
        notes.project.artisan("optimize:clear")
    assert visitor.get("/").status_code == 200


def test_private_files_are_never_served(notes):
    public = notes.project.directory / "public"
    planted = never_served.plant(public, "other.php", "storage/evil.php", "vendor/evil.php")
    beside = ["/../.env", "/../composer.json", "/../artisan", "/%2e%2e/storage/logs/laravel.log"]
    never_served.look(notes, planted + beside)
