"""Projects with the directory layouts of Laravel, Drupal and a single-page application, each
with its one option."""

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
    """The layout of `laravel new`: the public directory, and everything else beside it."""
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
    """The application answers every address that is not a file, with any method; files are
    served as files."""
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
    assert laravel.get("/storage/photo.png").text == "PNG", "the file must be served through the link to storage"
    assert laravel.get("/docs/composer.json").json()["message"] == "no route", "not a file"


def test_laravel_serves_no_private_file(laravel, project):
    """Files left in the public directory, files beside it, and scripts other than the front
    controller."""
    planted = never_served.plant(
        project / "public", "uploads/evil.php", "vendor/x/eval-stdin.php", "phpinfo.php"
    )
    beside = ["/../.env", "/../artisan", "/%2e%2e/config/app.php", "/storage/../../artisan"]
    never_served.look(
        laravel, planted + beside + ["/other.php", "/storage/evil.php", "/storage/evil.php/a"]
    )
    assert laravel.get("/other.php").status_code == 404


def test_the_projects_own_directory_is_not_served(start_tusk, project):
    """If it is configured by mistake, tusk serves the public directory instead, and logs a
    warning."""
    never_served.plant(project)
    tusk = start_tusk(project, "--workers", 1, "--preset", "laravel")
    assert tusk.get("/").json() == {"home": "/index.php"}
    never_served.look(
        tusk, ["/.env", "/composer.json", "/artisan", "/config/app.php", "/app/secrets.php",
               "/storage/logs/laravel.log", "/public/index.php"]
    )  # fmt: skip
    assert f"{project} is the project's directory, which is not public" in tusk.log()


# Files that Drupal's .htaccess and its security documentation keep from clients.
DRUPAL_SECRETS = """
    core/modules/node/node.module core/modules/node/node.install core/modules/node/node.info.yml
    core/modules/node/templates/node.html.twig core/includes/bootstrap.inc core/profiles/x.profile
    core/themes/engines/x.engine core/themes/x/x.theme core/scripts/dump.sh core/x.make core/x.po
    core/x.xtmpl core/x.tpl core/x.tpl.php core/rebuild_token.php core/lib/Drupal.php
    core/modules/node/node.module~ core/modules/node/node.info.yml.bak autoload.php
    sites/default/settings.local.php sites/default/settings.php.bak sites/default/services.yml
    sites/default/files/evil.php sites/default/files/evil.phtml sites/default/files/a/evil.php
    sites/default/files/config_4711/sync/system.site.yml sites/default/private/invoice.pdf
    sites/default/files/.htaccess modules/custom/x/evil.php themes/custom/x/evil.php vendor/evil.php
""".split()


@pytest.fixture(scope="module")
def drupal(start_module_tusk, tmp_path_factory):
    """The layout of composer's drupal/recommended-project."""
    project = tmp_path_factory.mktemp("drupal") / "project"
    files = {
        "composer.json": "MUST-NOT-BE-SEEN",
        "vendor/autoload.php": "<?php echo 'MUST-NOT-', 'BE-SEEN';",
        "web/index.php": "<?php echo 'drupal: ', $_SERVER['REQUEST_URI'];",
        "web/update.php": "<?php echo 'update: ', $_SERVER['PATH_INFO'] ?? 'none';",
        "web/core/install.php": "<?php echo 'install';",
        "web/core/misc/drupal.js": "js",
        "web/sites/default/files/photo.png": "PNG",
        "web/robots.txt": "User-agent: *",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    # The project and not web/: a common mistake.
    tusk = start_module_tusk(project, "--workers", 2, "--preset", "drupal")
    tusk.web = project / "web"
    return tusk


def test_drupal_routes(drupal):
    """Its six entry scripts run, files are served as files, and index.php answers everything
    else: pages, and style sheets and thumbnails that it has yet to create."""
    assert drupal.get("/").text == "drupal: /"
    for path in ("/node/7?a=b", "/sites/default/files/css/css_x.css", "/user/login", "/x.yml"):
        assert drupal.get(path).text == f"drupal: {path}"
    assert drupal.get("/update.php/selection").text == "update: /selection"
    assert drupal.get("/core/install.php").text == "install"
    assert drupal.get("/core/misc/drupal.js").text == "js"
    assert drupal.get("/sites/default/files/photo.png").text == "PNG"
    assert drupal.get("/robots.txt").text == "User-agent: *"


def test_drupal_serves_no_private_file(drupal):
    """Its sources, its configuration, scripts among the uploads, and the usual private files."""
    planted = never_served.plant(drupal.web, *DRUPAL_SECRETS)
    never_served.look(drupal, [*planted, "/../composer.json", "/vendor/autoload.php"])
    for path in ("/core/lib/Drupal.php", "/sites/default/files/evil.php", "/autoload.php"):
        assert drupal.get(path).status_code == 404, path


def test_a_single_page_application(start_tusk, make_root):
    """Its page answers every address that is not a file; no script runs."""
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
        assert tusk.get(path).status_code == 404, "200 would suggest that the file exists"
