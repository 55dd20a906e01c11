"""packaging/container's image: built from the packages of build/packages with buildah, and run by podman as Docker runs
it. As root, by `make container-test`. Debian's base image comes from its registry; where that cannot be reached,
debootstrap makes it. One test goes on where the one before has stopped."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from harness.server import REPOSITORY
from harness.wait import wait_for

PACKAGES = Path(os.environ.get("TUSK_PACKAGES", REPOSITORY / "build/packages"))
# Docker's own profile, if it is here; otherwise podman's, which is made from it.
SECCOMP = os.environ.get("TUSK_SECCOMP")
# Options of podman that this machine needs, such as --runtime /usr/sbin/runc.
PODMAN = ["podman", *os.environ.get("TUSK_PODMAN", "").split()]
RUN = os.environ.get("TUSK_PODMAN_RUN", "").split()
BASE = "docker.io/library/debian:bookworm-slim"
SAFE = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges"]  # fmt: skip


def call(*command, check: bool = True, **options) -> subprocess.CompletedProcess:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=900, **options)
    assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done


def make_base() -> None:
    if call("buildah", "inspect", BASE, check=False).returncode == 0:
        return
    if call("buildah", "pull", BASE, check=False).returncode == 0:
        return
    with tempfile.TemporaryDirectory() as root:
        call("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", root)
        # The same archive as this machine's, with its security updates.
        for sources in Path("/etc/apt/sources.list.d").glob("debian.sources"):
            shutil.copy(sources, Path(root, "etc/apt/sources.list.d"))
        container = call("buildah", "from", "scratch").stdout.strip()
        call("buildah", "add", "-q", container, root, "/")
        call("buildah", "commit", "-q", "--rm", container, BASE)


@pytest.fixture(scope="module")
def image() -> str:
    assert list(PACKAGES.glob("tusk_*.deb")), f"no packages in {PACKAGES}: make package"
    make_base()
    name = "localhost/tusk-drill"
    call(
        "buildah", "bud", "--pull-never", "--layers=false", "--format", "docker", "--network", "host",
        "-f", REPOSITORY / "packaging/container/Dockerfile",
        "--ignorefile", REPOSITORY / "packaging/container/Dockerfile.dockerignore",
        "--build-context", f"packages={PACKAGES}", "-t", name, REPOSITORY,
    )  # fmt: skip
    yield name
    call("buildah", "rmi", name, check=False)


@pytest.fixture(scope="module")
def site():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        Path(directory, "index.php").write_text(
            "<?php session_start(); $_SESSION['n'] = 1 + ($_SESSION['n'] ?? 0);"
            " echo json_encode(['user' => posix_getuid(), 'n' => $_SESSION['n'],"
            " 'writable' => array_values(array_filter(['/app/public', '/etc/tusk', '/var/lib/tusk', '/tmp'], 'is_writable'))]);"
        )
        Path(directory, "slow.php").write_text("<?php sleep(4); echo 'finished';")
        Path(directory, "upload.php").write_text("<?php echo strlen(file_get_contents('php://input'));")
        yield directory


class Running:
    def __init__(self, image: str, site: str, *options):
        seccomp = ["--security-opt", f"seccomp={SECCOMP}"] if SECCOMP else []
        done = call(*PODMAN, "run", "--detach", *RUN, *SAFE, *seccomp, "-v", f"{site}:/app/public:ro", *options, image)
        self.id = done.stdout.strip()

    def run(self, *command, check: bool = True) -> subprocess.CompletedProcess:
        return call(*PODMAN, "exec", self.id, *command, check=check)

    def php(self, code: str) -> str:
        return self.run("php8.2", "-r", code).stdout

    def page(self, path: str = "/") -> str:
        return self.php(f"echo file_get_contents('http://127.0.0.1:8080{path}');")

    def inspect(self) -> dict:
        return json.loads(call(*PODMAN, "inspect", self.id).stdout)[0]

    def wait_until_ready(self) -> "Running":
        wait_for(lambda: self.run("tusk", "ready", check=False).returncode == 0, "tusk to be ready", seconds=90, poll_s=0.2)
        return self

    def log(self) -> str:
        done = call(*PODMAN, "logs", self.id)
        return done.stdout + done.stderr

    def remove(self) -> None:
        call(*PODMAN, "rm", "--force", "--time", "1", self.id, check=False)


@pytest.fixture(scope="module")
def container(image, site):
    running = Running(image, site)
    try:
        yield running.wait_until_ready()
    finally:
        running.remove()


def test_the_image_says_what_docker_needs(image):
    about = json.loads(call("buildah", "inspect", "--type", "image", image).stdout)["Docker"]["config"]
    assert about["User"] == "990:990" and set(about["ExposedPorts"]) == {"8080/tcp", "8443/tcp"}
    assert about["Cmd"] == ["tusk"] and about["StopSignal"] == "SIGTERM"
    assert about["Healthcheck"]["Test"] == ["CMD", "tusk", "ready"]
    size = json.loads(call(*PODMAN, "image", "inspect", image).stdout)[0]["Size"]
    print(f"\nthe image has {size / 1e6:.0f} MB")


def test_it_serves_as_an_ordinary_user(container):
    """With a read-only root, no capability, no new privileges and Docker's seccomp profile; only /tmp is writable."""
    page = json.loads(container.page())
    assert page == {"user": 990, "n": 1, "writable": ["/tmp"]}
    status = container.run("cat", "/proc/1/status").stdout
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status
    assert container.run("cat", "/proc/1/comm").stdout == "tusk\n"
    large = container.php(
        "echo file_get_contents('http://127.0.0.1:8080/upload.php', false, stream_context_create(['http' => "
        "['method' => 'POST', 'content' => str_repeat('x', 8 << 20)]]));"
    )
    assert large == str(8 << 20)


def test_the_health_check_passes(container):
    """podman runs it as Docker does."""
    done = call(*PODMAN, "healthcheck", "run", container.id, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_work_in_it(container):
    assert "serves on" in container.run("tusk", "status").stdout
    assert container.run("tusk", "check").returncode == 0
    reload = container.run("tusk", "reload")
    assert reload.stdout == "generation 2 serves\n"
    assert json.loads(container.page())["user"] == 990
    trouble = [line for line in container.log().splitlines() if " error " in line or "not permitted" in line]
    assert trouble == [], trouble


def test_the_stop_finishes_requests(image, site):
    """SIGTERM: a request that runs is answered, and the exit status is 0."""
    running = Running(image, site).wait_until_ready()
    try:
        command = [*PODMAN, "exec", running.id, "php8.2", "-r", "echo file_get_contents('http://127.0.0.1:8080/slow.php');"]
        client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: "slow.php" in running.run("tusk", "workers").stdout, "the request to run")
        begun = time.monotonic()
        stopper = subprocess.Popen([*PODMAN, "stop", "--time", "60", running.id], stdout=subprocess.DEVNULL)
        assert client.communicate(timeout=60)[0] == "finished"
        assert stopper.wait(90) == 0
        assert running.inspect()["State"]["ExitCode"] == 0
        print(f"\nstopped after {time.monotonic() - begun:.1f} s")
    finally:
        running.remove()


def test_variables_and_files_change_the_configuration(image, site, tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/app.toml").write_text('queue_timeout = "3s"\n')
    os.chmod(tmp_path, 0o755)
    running = Running(image, site, "-e", "TUSK_WORKERS=3", "-e", "TUSK_LOG_LEVEL=debug",
                      "-v", f"{tmp_path}/conf.d:/etc/tusk/conf.d:ro").wait_until_ready()  # fmt: skip
    try:
        shown = running.run("tusk", "config").stdout
        assert "php_workers = 3 " in shown and 'queue_timeout = "3s"' in shown and "/etc/tusk/conf.d/app.toml" in shown
        assert running.run("tusk", "workers").stdout.count("idle") == 3
    finally:
        running.remove()


def test_workers_follow_the_cores_of_the_container(image, site):
    running = Running(image, site, "--cpuset-cpus", "0").wait_until_ready()
    try:
        assert "php_workers = 1 " in running.run("tusk", "config").stdout
    finally:
        running.remove()


def test_the_control_group_decides(image, site):
    """Only where control groups are of version 2, which is what tusk reads."""
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        pytest.skip("this machine has control groups of version 1")
    running = Running(image, site, "--memory", "320m", "--cpus", "8").wait_until_ready()
    try:
        assert "php_workers = 3 " in running.run("tusk", "config").stdout, "(320 - 128) MiB by 64 MiB"
    finally:
        running.remove()


def test_tools_are_there():
    for tool in ("buildah", "podman"):
        assert shutil.which(tool), f"{tool} is not installed"
