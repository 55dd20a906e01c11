"""Projects as Laravel's and a single-page application's are laid out, each with its one option."""

import pytest

from applications import never_served

# A front controller that routes by REQUEST_URI, as Laravel's and many others do.
INDEX = """<?php
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
require __DIR__ . '/../app/secrets.php';
header('Content-Type: application/json');
if (preg_match('#^/api/users/(\\d+)$#', $path, $found)) {
    if (!in_array($_SERVER['REQUEST_METHOD'], ['GET', 'PUT', 'DELETE'])) http_response_code(405);
    exit(json_encode(['user' => (int) $found[1], 'method' => $_SERVER['REQUEST_METHOD'],
                      'body' => file_get_contents('php://input'), 'query' => $_GET]));
}
if ($path === '/') exit(json_encode(['home' => $_SERVER['SCRIPT_NAME']]));
http_response_code(404);
echo json_encode(['message' => 'no route', 'path' => $path]);
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Laid out as `laravel new` does it: the public directory, and all else beside it."""
    project = tmp_path_factory.mktemp("laravel") / "project"
    files = {
        "artisan": "#!/usr/bin/env php\n<?php // MUST-NOT-BE-SEEN",
        "app/secrets.php": "<?php // MUST-NOT-BE-SEEN",
        "config/app.php": "<?php return ['key' => 'MUST-NOT-BE-SEEN'];",
        "storage/logs/laravel.log": "MUST-NOT-BE-SEEN",
        "storage/app/public/photo.png": "PNG",
        "storage/app/public/evil.php": "<?php echo 'MUST-NOT-', 'BE-SEEN';",
        "public/index.php": INDEX,
        "public/robots.txt": "User-agent: *",
        "public/build/app-4f3c2b1a.js": "js",
        "public/other.php": "<?php echo 'MUST-NOT-', 'BE-SEEN';",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / "public/storage").symlink_to("../storage/app/public")
    return project


@pytest.fixture(scope="module")
def laravel(start_module_tusk, project):
    return start_module_tusk(project / "public", "--workers", 2, "--preset", "laravel")


def test_routes_assets_and_uploads(laravel):
    """Every address that is no file is the application's, with each method; files are files."""
    assert laravel.get("/").json() == {"home": "/index.php"}
    assert laravel.get("/api/users/7?a=b").json()["query"] == {"a": "b"}
    put = laravel.client.put("/api/users/7", content=b"new")
    assert put.json()["method"] == "PUT" and put.json()["body"] == "new"
    assert laravel.client.delete("/api/users/7").json()["method"] == "DELETE"
    assert laravel.post("/api/users/7").status_code == 405
    nothing = laravel.get("/no/such/route")
    assert nothing.status_code == 404 and nothing.json()["message"] == "no route"
    assert laravel.get("/robots.txt").text == "User-agent: *"
    assert laravel.get("/build/app-4f3c2b1a.js").text == "js"
    assert laravel.get("/storage/photo.png").text == "PNG", "through the link to storage"
    assert laravel.get("/docs/composer.json").json()["message"] == "no route", "not a file"


def test_laravel_never_serves(laravel, project):
    """What is left lying about in the public directory, what is beside it, and scripts but the
    one."""
    planted = never_served.plant(
        project / "public", "uploads/evil.php", "vendor/x/eval-stdin.php", "phpinfo.php"
    )
    beside = ["/../.env", "/../artisan", "/%2e%2e/config/app.php", "/storage/../../artisan"]
    never_served.look(
        laravel, planted + beside + ["/other.php", "/storage/evil.php", "/storage/evil.php/a"]
    )
    assert laravel.get("/other.php").status_code == 404


def test_the_projects_own_directory_is_not_served(start_tusk, project):
    """Given by mistake, the public one is served in its place, and a warning says so."""
    never_served.plant(project)
    tusk = start_tusk(project, "--workers", 1, "--preset", "laravel")
    assert tusk.get("/").json() == {"home": "/index.php"}
    never_served.look(
        tusk, ["/.env", "/composer.json", "/artisan", "/config/app.php", "/app/secrets.php",
               "/storage/logs/laravel.log", "/public/index.php"]
    )  # fmt: skip
    assert f"{project} is the project, and not for the public" in tusk.log()


def test_a_single_page_application(start_tusk, make_root):
    """Its page for every address that is no file; no script runs."""
    root = make_root(
        {"index.html": "<title>app</title>", "assets/app.js": "1", "api.php": "<?php echo 'MUST-NOT-', 'BE-SEEN';"}
    )
    tusk = start_tusk(root, "--preset", "spa")
    for path in ("/", "/users/7", "/deep/er/link?x=1", "/assets/"):
        response = tusk.get(path)
        assert response.status_code == 200 and response.text == "<title>app</title>", path
    assert tusk.get("/assets/app.js").text == "1"
    assert tusk.get("/api.php").status_code == 404
    planted = never_served.plant(root)
    never_served.look(tusk, planted + ["/api.php"])
    for path in ("/backup.sql", "/composer.json", "/sub/.env", "/notes.txt~"):
        assert tusk.get(path).status_code == 404, "200 would say that it is there"
