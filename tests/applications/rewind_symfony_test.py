"""The guest book of symfony_test.py in a rewound pool, by contrib/rewind/symfony.php: the same answers
as plain requests give, and nothing of one request in another."""

import pytest

from applications import packages, rewound
from applications.page import Page
from applications.rewound import get, send, visit
from harness.server import REPOSITORY
from harness.wait import wait_for

FRONT_CONTROLLER = """<?php
use GuestBook\\Kernel;

require_once dirname(__DIR__) . '/vendor/autoload_runtime.php';

return function (array $context) {
    return new Kernel($context['APP_ENV'], (bool) $context['APP_DEBUG']);
};
"""

# What crosses from one request to the next where a process keeps it.
STATE = """<?php
namespace GuestBook\\Controller;
use GuestBook\\Book;
use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;
use Symfony\\Component\\HttpFoundation\\JsonResponse;
use Symfony\\Component\\Routing\\Attribute\\Route;

final class StateController extends AbstractController
{
    private static int $requests = 0;
    private int $asked = 0;

    #[Route('/state')]
    public function state(Book $book): JsonResponse
    {
        define('SEEN_' . ++self::$requests, true);
        ini_set('precision', (string) (5 + self::$requests));
        return new JsonResponse([self::$requests, ++$this->asked, ini_get('precision'), \\PHP_SAPI,
            $_SERVER['SCRIPT_NAME'], basename($_SERVER['SCRIPT_FILENAME']), $_SERVER['APP_ENV'],
            $_SERVER['APP_RUNTIME'] ?? null]);
    }
}
"""

# What Doctrine's bundle has in the container: a registry, a connection that pages use, and one that no
# page needs.
DOCTRINE = {
    "Registry": """
use Symfony\\Component\\DependencyInjection\\Attribute\\AsAlias;

#[AsAlias('doctrine', public: true)]
final class Registry
{
    public function getConnectionNames(): array
    {
        return ['default' => 'doctrine.default_connection', 'other' => 'doctrine.other_connection'];
    }
}
""",
    "Connection": """
use Symfony\\Component\\DependencyInjection\\Attribute\\AsAlias;

#[AsAlias('doctrine.default_connection', public: true)]
final class Connection
{
    public bool $open = false;

    public function close(): void
    {
        $this->open = false;
    }
}
""",
    "OtherConnection": """
use Symfony\\Component\\DependencyInjection\\Attribute\\AsAlias;

#[AsAlias('doctrine.other_connection', public: true)]
final class OtherConnection
{
    public function __construct()
    {
        throw new \\LogicException('No page needs this connection.');
    }
}
""",
    "Controller/DatabaseController": """
use GuestBook\\Connection;
use GuestBook\\Registry;
use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;
use Symfony\\Component\\HttpFoundation\\JsonResponse;
use Symfony\\Component\\Routing\\Attribute\\Route;

final class DatabaseController extends AbstractController
{
    #[Route('/database')]
    public function connect(Registry $registry, Connection $connection): JsonResponse
    {
        $was_open = $connection->open;
        $connection->open = true;
        return new JsonResponse([$registry->getConnectionNames()['default'], $was_open]);
    }
}
""",
}


def assemble(directory):
    """The guest book with symfony/runtime, as Symfony's recipe makes a project."""
    project = packages.copy(REPOSITORY / "tests/applications/symfony", directory)
    (project / "var/pictures").mkdir(parents=True)
    (project / "src/Controller/StateController.php").write_text(STATE)
    for name, text in DOCTRINE.items():
        namespace = "GuestBook" + ("\\Controller" if "/" in name else "")
        (project / f"src/{name}.php").write_text(f"<?php\nnamespace {namespace};\n{text}")
    (project / "public/index.php").write_text(FRONT_CONTROLLER)
    vendor = project / "vendor"
    runtime = packages.copy(
        packages.unpacked("symfony-runtime") / "usr/share/php/Symfony/Component/Runtime",
        vendor / "symfony/runtime")
    (vendor / "autoload.php").write_text(
        "<?php\nrequire_once __DIR__ . '/symfony/runtime/autoload.php';\n"
        "require_once dirname(__DIR__) . '/src/autoload.php';\n")
    # As Composer's plugin does.
    loader = (runtime / "Internal/autoload_runtime.template").read_text()
    loader = loader.replace("%runtime_class%", "'Symfony\\\\Component\\\\Runtime\\\\SymfonyRuntime'")
    loader = loader.replace("%runtime_options%", "['project_dir' => dirname(__DIR__), 'env' => 'prod']")
    (vendor / "autoload_runtime.php").write_text(loader)
    return project


PLAIN = ("--preset", "symfony", *rewound.PATIENCE)


def serve(serve_application, project, option):
    include_path = f".:{packages.unpacked('symfony')}/usr/share/php"
    server = serve_application(project / "public", {"include_path": include_path}, option=option)
    server.wait_until_started()
    server.project = project
    return server


@pytest.fixture(scope="module")
def books(serve_application, tmp_path_factory):
    """A plain server and a rewound one, each with a guest book of its own."""
    rewound.skip_unless_possible()
    servers = []
    for kind in ("plain", "rewound"):
        directory = tmp_path_factory.mktemp(kind)
        project = assemble(directory / "book")
        option = PLAIN if kind == "plain" else rewound.configuration(
            directory, project, "symfony.php", ["/", "/sign", "/api/entries", "/database"])
        servers.append(serve(serve_application, project, option))
    # The plain one compiles its container at the first request.
    assert servers[0].get("/").status_code == 200
    return servers


def sign(client):
    form = Page(client.get("/sign")).form(field="form[name]")
    return client.post("/sign", data=form.filled(
        {"form[name]": "Ada", "form[text]": "é & <b>"}, "form[save]"))


VISITS = {
    "a visitor": [get("/"), get("/"), get("/sign"), sign, get("/"), get("/")],
    "mistakes": [send("POST", "/sign", data={"form[name]": "", "form[save]": ""}), get("/sign")],
    "programs": [
        send("POST", "/api/entries", json={"name": "Grace", "text": "nano"}),
        get("/api/entries"), send("HEAD", "/api/entries"),
        send("POST", "/api/entries", content=b"{", headers={"Content-Type": "application/json"}),
        send("PUT", "/api/echo/a%20b/c%C3%A9?x[]=1&x[]=2", data={"f[a]": "é"}, auth=("ada", "p:w")),
        send("POST", "/api/echo/", data={"_method": "DELETE"}),
        get("/index.php/api/echo/x"), get("/api/stream"),
    ],
    "failures": [
        get("/nothing/here"), get("/broken"), get("/fatal"), get("/teapot"), send("DELETE", "/sign"),
        get("/"),
    ],
    "files": [get("/style.css"), get("/style.css/more"), get("/.env")],
    "state": [get("/state"), get("/state"), get("/")],
    "connections": [get("/database"), get("/database")],
}


@pytest.mark.parametrize("name", VISITS)
def test_answers_are_those_of_plain_requests(books, name):
    plain, rewound_book = (visit(book, VISITS[name]) for book in books)
    assert rewound.differences(plain, rewound_book) == []


def test_nothing_of_a_request_is_left(books):
    _, book = books
    answers = []
    for _ in range(3):
        for path in ("/state", "/fatal", "/broken", "/state"):
            if path == "/state":
                answers.append(book.get(path).json())
            else:
                book.get(path)
    assert answers == [answers[0]] * 6
    assert answers[0][:3] == [1, 1, "6"]


def test_a_connection_of_the_warm_up_is_closed(books):
    _, book = books
    answers = [book.get("/database").json() for _ in range(3)]
    assert answers == [["doctrine.default_connection", False]] * 3


@pytest.mark.parametrize("new_services, left", [("0", 3), ("1", 0)])
def test_what_the_warm_up_leaves_in_services(serve_application, tmp_path, new_services, left):
    """The controller counts, and cannot be reset."""
    rewound.skip_unless_possible()
    project = assemble(tmp_path / "book")
    server = serve(serve_application, project, rewound.configuration(
        tmp_path, project, "symfony.php", ["/state"], APP_REWIND_NEW_SERVICES=new_services))
    answers = [server.get("/state").json() for _ in range(2)]
    # The static property is the class's, not a service's.
    assert [answer[:2] for answer in answers] == [[4, left + 1]] * 2


def test_visitors_have_sessions_of_their_own(books):
    _, book = books
    with book.new_client() as ada, book.new_client() as eve:
        for visits in ("1 time.", "2 times.", "3 times."):
            for visitor in (ada, eve):
                assert f"You were here {visits}" in Page(visitor.get("/")).text


def test_work_after_the_response(books):
    _, book = books
    answer = book.get("/api/later/cleanup")
    assert (answer.status_code, answer.text) == (202, "accepted\n")
    done = book.project / "var/cleanup.done"
    assert not done.exists()
    (book.project / "var/cleanup.go").touch()
    wait_for(done.exists, "the work after the response")
    assert book.get("/state").json()[:3] == [1, 1, "6"]
