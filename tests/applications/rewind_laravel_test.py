"""The notes of laravel_test.py in a rewound pool, by contrib/rewind/laravel.php: the same answers as
plain requests give, and nothing of one request in another."""

import pytest

from applications import packages, rewound
from applications.laravel_test import assemble
from applications.page import Page
from applications.rewound import get, send, visit
from harness.wait import wait_for

# What crosses from one request to the next where a process keeps it.
ROUTES = """
Route::get('/state', function (Request $request) {
    static $requests = 0;
    $left = app()->bound('left') ? app('left') : 0;
    app()->instance('left', $left + 1);
    config(['app.name' => config('app.name') . '!']);
    App\\Note::query()->count();
    App\\Note::saved(fn () => 0);
    return [++$requests, $left, config('app.name'), url('/x'), request()->path(), Auth::guest(),
        $request === app('request'), count(app('events')->getListeners('eloquent.saved: App\\Note')),
        app('events') === App\\Note::getEventDispatcher(), defined('LARAVEL_START'),
        $_SERVER['SCRIPT_NAME'], basename($_SERVER['SCRIPT_FILENAME'])];
});
"""

MODEL = """<?php
namespace App;
class Note extends \\Illuminate\\Database\\Eloquent\\Model
{
    protected static function booted(): void { static::saved(fn () => 1); }
}
"""


@pytest.fixture(scope="module")
def notes(serve_application, tmp_path_factory):
    """A plain server and a rewound one, each with notes of its own."""
    rewound.skip_unless_possible()
    servers = []
    for kind in ("plain", "rewound"):
        directory = tmp_path_factory.mktemp(kind)
        project = assemble(directory)
        with (project.directory / "routes/web.php").open("a") as routes:
            routes.write("use Illuminate\\Support\\Facades\\Auth;\n" + ROUTES)
        (project.directory / "app/Note.php").write_text(MODEL)
        # Where Composer would put the loader that bootstrap/app.php asks for.
        vendor = project.directory / "vendor"
        vendor.mkdir()
        (vendor / "autoload.php").write_text(
            f"<?php require_once '{directory}/php/Illuminate/autoload.php';")
        index = project.directory / "public/index.php"
        index.write_text(index.read_text().replace(
            "$app = ", "define('LARAVEL_START', microtime(true));\n$app = "))
        project.artisan("migrate", "--force")
        project.artisan("storage:link")
        option = ("--preset", "laravel", *rewound.PATIENCE)
        if kind == "rewound":
            option = rewound.configuration(
                directory, project.directory, "laravel.php", ["/", "/last", "/state"])
        root = project.directory / ("public" if kind == "rewound" else "")
        server = serve_application(root, {}, option=option)
        server.wait_until_started()
        server.project = project
        servers.append(server)
    assert servers[0].get("/").status_code == 200
    return servers


def write(text, **more):
    def step(client):
        form = Page(client.get("/")).form(field="text")
        return client.post("/notes", data=form.filled({"text": text}, "save"), **more)

    return step


VISITS = {
    "a visitor": [get("/"), get("/"), write("Ivory — 象牙 & <b>"), get("/"), get("/last"), get("/")],
    "a file": [write("with a file", files={"file": ("a.bin", b"content", "image/png")})],
    "mistakes": [write("x" * 51), get("/"), send("POST", "/notes", data={"text": "forged"}), get("/notes")],
    "programs": [
        send("PUT", "/api/echo/a%20b/%C3%A9/notes.inc?x[]=1", json={"k": ["é"]}),
        send("GET", "/api/echo/x", headers={"Authorization": "Bearer t0ken"}),
        send("POST", "/api/echo", data={"_method": "DELETE"}), get("/index.php/api/echo/x"),
        send("POST", "/api/count"), send("POST", "/api/count"), get("/sign"),
    ],
    "downloads": [get("/file", headers={"Range": "bytes=2999990-"}), get("/download"),
                  send("HEAD", "/download")],
    "failures": [
        get("/nothing/here"), get("/abort/403"), get("/abort/503"),
        get("/broken", headers={"Accept": "application/json"}), get("/broken"),
        send("DELETE", "/notes"), get("/"),
    ],
    "files": [get("/app.css"), get("/app.css/more"), get("/.env")],
    "state": [get("/state"), get("/state"), get("/")],
}


@pytest.mark.parametrize("name", VISITS)
def test_answers_are_those_of_plain_requests(notes, name):
    plain, rewound_notes = (visit(server, VISITS[name]) for server in notes)
    assert rewound.differences(plain, rewound_notes) == []


def test_nothing_of_a_request_is_left(notes):
    _, server = notes
    answers = []
    for _ in range(3):
        answers.append(server.get("/state").json())
        for path in ("/broken", "/", "/api/limited", "/nothing"):
            server.get(path)
    assert answers == [answers[0]] * 3
    assert answers[0][:3] == [1, 0, "Notes!"]


def test_visitors_have_sessions_of_their_own(notes):
    _, server = notes
    with server.new_client() as ada, server.new_client() as eve:
        for visits in range(1, 4):
            for visitor in (ada, eve):
                assert f"Visit {visits}." in Page(visitor.get("/")).text


def test_work_after_the_response(notes):
    _, server = notes
    assert server.get("/later").text == "accepted"
    assert not (server.project.storage / "later.done").exists()
    (server.project.storage / "later.go").touch()
    wait_for((server.project.storage / "later.done").exists, "the work after the response")


def test_maintenance_mode(notes):
    _, server = notes
    server.project.artisan("down", "--retry=60", "--secret=let-me-in")
    try:
        closed = server.get("/")
        assert closed.status_code == 503 and closed.headers["retry-after"] == "60"
    finally:
        server.project.artisan("up")
    assert server.get("/").status_code == 200
