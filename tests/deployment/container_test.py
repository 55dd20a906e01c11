"""packaging/container and contrib/compose, without building an image: what is copied exists, every variable and key is
an option of tusk, and what one file says fits the others. container_drill.py builds the image and runs it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from harness.server import PHP_SCRIPTS, REPOSITORY, run_tusk

IMAGE = REPOSITORY / "packaging/container"
DOCKERFILE = IMAGE / "Dockerfile"
COMPOSE = REPOSITORY / "contrib/compose"
EXAMPLES = sorted(path.parent for path in COMPOSE.glob("*/compose.yaml"))
DOCKERFILES = [DOCKERFILE, *sorted(COMPOSE.glob("*/Dockerfile"))]


def instructions(path: Path) -> list:
    """The instructions as (name, arguments), with continued lines joined and comments removed."""
    lines = [line for line in path.read_text().splitlines() if not re.match(r"\s*#", line)]
    text = re.sub(r"\\\n", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def options() -> dict:
    """The variable of each option, and its key in the file."""
    text = (REPOSITORY / "docs/configuration.md").read_text()
    found = dict(re.findall(r"^\| `(\w+)` \| `[^|]*` \| `(\w+)` \|", text.replace("\\|", "/"), re.M))
    assert len(found) > 100
    return found


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_dockerfile_is_right(path):
    """Each instruction exists, and each file that comes from a stage or from the sources is there."""
    known = {"ARG", "FROM", "RUN", "COPY", "WORKDIR", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"}
    stages = set()
    for name, arguments in instructions(path):
        assert name in known, name
        if name == "FROM":
            stage = re.search(r" AS (\w+)$", arguments)
            stages |= {stage[1]} if stage else set()
            image = arguments.split()[0]
            # A name without a registry means another registry to each program; "tusk" is this image.
            assert image in ("scratch", "tusk") or image.startswith("docker.io/library/"), image
        if name == "COPY":
            origin = re.match(r"--from=(\w+) ", arguments)
            sources = arguments.split()[1 if origin else 0 : -1]
            if origin:
                assert origin[1] in stages, arguments
            elif path == DOCKERFILE:
                assert all((REPOSITORY / source).exists() for source in sources), arguments
            else:
                # Of the application, or beside this file.
                for source in sources:
                    own = source == "." or source.startswith("composer.") or source == "symfony.lock"
                    assert own or (path.parent / source).exists(), source
        if name == "RUN":
            for mount in re.findall(r"--mount=\S*from=(\w+)", arguments):
                assert mount in stages


def test_the_image_is_for_an_ordinary_user():
    """The last instructions count: a number, which Kubernetes needs to see that it is not root."""
    last = dict(instructions(DOCKERFILE))
    number = next(argument for name, argument in instructions(DOCKERFILE) if argument.startswith("USER_ID="))
    assert last["USER"] == "$USER_ID:$USER_ID" and 100 <= int(number.partition("=")[2]) <= 999
    assert last["STOPSIGNAL"] == "SIGTERM" and last["CMD"] == '["tusk"]'
    assert last["EXPOSE"].split() == ["8080", "8443"]


def test_the_health_check_is_a_command_of_tusk():
    """And it ends before Docker's time-out."""
    check = dict(instructions(DOCKERFILE))["HEALTHCHECK"]
    assert check.endswith('CMD ["tusk", "ready"]')
    commands = (REPOSITORY / "src/console/commands.h").read_text()
    assert '.word = "ready"' in commands
    timeout = re.search(r"--timeout=(\d+)s", check)[1]
    command = (REPOSITORY / "src/console/ready_command.cc").read_text()
    assert int(re.search(r"kTimeout\{(\d+)\}", command)[1]) < int(timeout)


def test_the_packages_that_are_installed_exist():
    """Debian's PHP of the image is the one of the engine's package; packaging/build.sh names it."""
    build = (REPOSITORY / "packaging/build.sh").read_text()
    debian = dict(pair.split("=", 1) for name, pair in instructions(DOCKERFILE) if name == "ARG" and "=" in pair)
    assert debian["DEBIAN"] == "bookworm" and f"debian12) php={debian['PHP']} " in build
    # The build's context must have the history: without it there is no version.
    ignored = (IMAGE / "Dockerfile.dockerignore").read_text().split("\n")
    assert ".git" not in ignored and "packaging" not in ignored


def test_variables_are_options():
    """ENV of the image, and of the examples what is in capitals of tusk's list."""
    variables = set(options().values()) | {"TUSK_CONFIG"}
    for name, arguments in instructions(DOCKERFILE):
        if name == "ENV":
            assert arguments.partition("=")[0] in variables
    found = set()
    for example in EXAMPLES:
        services = yaml.safe_load((example / "compose.yaml").read_text())["services"]
        found |= {name for name in services["web"]["environment"] if name in variables}
    assert {"TUSK_WORKERS", "TUSK_PRESET"} <= found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_a_compose_file_fits_the_image(example):
    """The port is the image's, the file system is read-only but for tusk's temporary directory, and Docker waits for
    the drain. Volumes, secrets and services that are named exist, and files that are not made by its own first lines."""
    text = (example / "compose.yaml").read_text()
    content = yaml.safe_load(text)
    web = content["services"]["web"]
    exposed = dict(instructions(DOCKERFILE))["EXPOSE"].split()
    assert [port.split(":")[1] for port in web["ports"]] == [exposed[0]]
    image = (IMAGE / "tusk.toml").read_text()
    temporary = re.search(r'^temp_dir = "(.*)"', image, re.M)[1]
    assert web["read_only"] and [each.split(":")[0] for each in web["tmpfs"]] == [temporary]
    assert web["cap_drop"] == ["ALL"] and "no-new-privileges:true" in web["security_opt"]
    assert int(web["stop_grace_period"].removesuffix("s")) >= 30 + 25, "docs/operating.md: drain_timeout + 25 s"
    for service in content["services"].values():
        assert set(service.get("secrets", [])) <= set(content["secrets"])
        assert set(service.get("depends_on", [])) <= set(content["services"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert source[2:] in text.split("services:")[0], f"the first lines do not make {source}"
            else:
                assert source in content["volumes"], source
    for secret in content["secrets"].values():
        assert secret["file"][2:] in text.split("services:")[0]
    if "build" in web:
        assert (example / web["build"] / "Dockerfile").is_file()


def image_with(directory: Path, conf: Path | None, root: Path) -> Path:
    """The image's /etc/tusk with a file in conf.d, and the root that it names."""
    text = (IMAGE / "tusk.toml").read_text().replace('"/app/public"', f'"{root}"')
    (directory / "conf.d").mkdir()
    (directory / "tusk.toml").write_text(text)
    if conf:
        extra = re.sub(r"^opcache.preload.*\n", "", conf.read_text(), flags=re.M)
        extra = extra.replace("/app/public", str(root))
        (directory / "conf.d/app.toml").write_text(extra)
    return directory / "tusk.toml"


@pytest.mark.parametrize("conf", [None, *sorted(COMPOSE.glob("*/tusk.toml"))], ids=lambda p: p.parent.name if p else "image")
def test_the_configurations_are_valid(conf, tmp_path):
    """`tusk check` in the image: with the application's file and the preset that its Dockerfile or Compose sets."""
    root = tmp_path / "public"
    root.mkdir()
    for name in ("index.php", "frankenphp-worker.php"):
        (root / name).write_text("<?php")
    etc = tmp_path / "etc"
    etc.mkdir()
    done = run_tusk("check", "--config", image_with(etc, conf, root))
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.replace("warning: upload", ""), done.stderr


def test_the_image_serves_with_one_writable_directory(start_tusk, tmp_path):
    """As an ordinary user without a home or a runtime directory: `tusk ready` finds the control socket in /tmp."""
    etc = tmp_path / "etc"
    etc.mkdir()
    config = image_with(etc, None, PHP_SCRIPTS)
    tusk = start_tusk(None, env={"TUSK_CONFIG": config}, supervised=True)
    assert tusk.command("ready").stdout == "ready\n"
    assert tusk.get("/hello.php").status_code == 200


def test_wordpress_gets_its_configuration(tmp_path):
    """wp-config.php is PHP, and defines what WordPress needs from the variables of compose.yaml."""
    php = shutil.which("php8.2") or shutil.which("php")
    if not php:
        pytest.skip("there is no command-line PHP")
    shutil.copy(COMPOSE / "wordpress/wp-config.php", tmp_path)
    (tmp_path / "wp-settings.php").write_text(
        "<?php echo DB_HOST, ' ', DB_NAME, ' ', DB_USER, ' ', DB_PASSWORD, ' ',"
        " strlen(AUTH_KEY), ' ', count(array_unique([AUTH_KEY, AUTH_SALT, NONCE_KEY, NONCE_SALT])), ' ', $table_prefix;"
    )
    (tmp_path / "password").write_text("secret\n")
    content = yaml.safe_load((COMPOSE / "wordpress/compose.yaml").read_text())
    environment = content["services"]["web"]["environment"] | {"DATABASE_PASSWORD_FILE": str(tmp_path / "password")}
    done = subprocess.run([php, tmp_path / "wp-config.php"], env=environment, capture_output=True, text=True)
    assert done.stdout == "database wordpress wordpress secret 64 4 wp_", done.stdout + done.stderr
