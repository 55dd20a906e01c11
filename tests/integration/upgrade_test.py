"""tusk upgrade: the supervisor changes to the programs that are on the disk now, in the same process,
and no request fails."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from harness.certificates import Authority
from harness.load import Load
from harness.scraper import Scraper
from harness.server import BINARY, PHP_SCRIPTS, TUSK, environment
from harness.tls import TlsClient, client_context
from harness.wait import wait_for


@pytest.fixture
def installed(tmp_path) -> Path:
    """A directory with copies of both programs, reached through a link, as a package manager or a
    deployment replaces them."""
    return install(tmp_path, "v1")


def install(directory: Path, version: str, supervisor=TUSK, server=BINARY) -> Path:
    folder = directory / version
    folder.mkdir()
    shutil.copy(supervisor, folder / "tusk")
    shutil.copy(server, folder / "tusk-server")
    if (host := TUSK.with_name("tusk-php-host")).is_file():
        shutil.copy(host, folder / "tusk-php-host")
    link, new = directory / "current", directory / "new"
    new.symlink_to(folder)
    new.rename(link)
    return link


@pytest.fixture
def start_installed(start_tusk, installed):
    """A server that runs from `installed`: bash executes it in its own place."""

    def start(root=PHP_SCRIPTS, *args, **options):
        script = f'shift; exec {installed}/tusk "$@"'
        return start_tusk(
            root, *args, supervised=True, wrapper=("/bin/bash", "-c", script, "start"), **options
        )

    return start


def program_of(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/exe")


def status_of(tusk) -> dict:
    return json.loads(tusk.command("status", "--json").stdout)


def upgrade(tusk):
    done = tusk.command("upgrade")
    assert done.returncode == 0, done.stderr + tusk.log()
    return done


def script(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(0o755)
    new.rename(path)


def test_no_request_fails_over_upgrades(start_installed, installed, tmp_path):
    """To another directory behind the link, and to files that were replaced; under load, with a
    request and an upload under way. The process id stays, and everything works afterwards: a
    reload, a crash, the end."""
    tusk = start_installed(PHP_SCRIPTS, "--workers", 3)
    assert program_of(tusk.pid) == f"{tmp_path}/v1/tusk"
    running, gate = tusk.hold_worker(tmp_path)
    upload = tusk.raw()
    upload.send(b"POST /echo.php HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    [oldest] = tusk.server_pids()
    with Load(tusk.port) as load:
        wait_for(lambda: load.answered() >= 50, "the load to be under way")
        for number in (2, 3):
            install(tmp_path, f"v{number}")
            before = load.answered()
            done = upgrade(tusk)
            assert f"generation {number} serves" in done.stdout
            assert program_of(tusk.pid) == f"{tmp_path}/v{number}/tusk"
            wait_for(lambda: load.answered() > before, "answers after the upgrade")
        # The request and the upload of the first generation go on, two supervisors later.
        assert oldest in tusk.server_pids()
        upload.send(b"67890")
        assert bytes.fromhex(json.loads(upload.response().text)["body"]) == b"1234567890"
        gate.touch()
        assert running.response().text == "through the gate\n"
        load.no_more_connections(then=lambda: tusk.command("reload"))
        outcome = load.finish()
    assert outcome.failures == []
    wait_for(lambda: len(tusk.server_pids()) == 1, "the old generations to have drained")
    [server] = tusk.server_pids()
    assert program_of(server) == f"{tmp_path}/v3/tusk-server"
    status = status_of(tusk)
    assert status["generation"] == 4 and status["state"] == "serving"

    os.kill(server, signal.SIGKILL)
    wait_for(lambda: tusk.server_pids() not in ([], [server]), "another process")
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
    wait_for(lambda: status_of(tusk)["state"] == "serving", "it to serve")

    assert tusk.command("stop").returncode == 0
    assert tusk.wait_for_exit() == 0
    assert not tusk.control_socket.exists()


def test_what_processes_share_goes_on(start_installed, tmp_path):
    """Counters never become less, TLS sessions are resumed, and no descriptor is left: over ten
    upgrades, the last by the signal."""
    authority = Authority(tmp_path)
    certificate = authority.issue("localhost")
    tusk = start_installed(PHP_SCRIPTS, *certificate.flags(), "--workers", 1)
    context = client_context(authority.certificate)

    def ask(session=None) -> tuple:
        """Returns the TLS session, and whether it was resumed."""
        with TlsClient(tusk.port, context, session=session) as client:
            assert client.get("/hello.php").text == "Hello World!"
            return client.tls.session, client.tls.session_reused

    def drained() -> bool:
        return len(status_of(tusk)["generations"]) == 1

    def descriptors() -> int:
        return len(os.listdir(f"/proc/{tusk.pid}/fd"))

    (session, _), before = ask(), descriptors()
    with Scraper(tusk) as scraper:
        for _ in range(9):
            upgrade(tusk)
            assert ask(session)[1]
        tusk.signal(signal.SIGUSR2)
        wait_for(lambda: status_of(tusk)["generation"] == 11, "the upgrade by the signal")
        wait_for(drained, "the old generations to have drained")
    assert scraper.fallen == [] and scraper.scrapes > 0
    tusk.wait_for_metric(10, "tusk_requests_total", handler="php", **{"class": "2xx"})
    metrics = tusk.metrics()
    assert metrics.value("tusk_generation") == 11
    assert metrics.value("tusk_reloads_total", result="done") == 10
    assert metrics.value("tusk_process_exits_total", reason="drained") == 10
    assert metrics.value("tusk_processes", phase="serving") == 1
    wait_for(lambda: descriptors() == before, "as few descriptors as before")


def test_another_layout_of_the_scoreboard(start_installed, installed, tmp_path):
    """The new program makes a scoreboard of its own, and a reload follows, so that all processes
    are in it. No request fails."""
    tusk = start_installed(PHP_SCRIPTS, "--workers", 1)
    install(tmp_path, "v2")
    for name in ("tusk", "tusk-server"):
        program = tmp_path / "v2" / name
        changed = program.read_bytes().replace(b"scbrtusk", b"scbrTUSK")
        assert changed != program.read_bytes()
        program.write_bytes(changed)
    with Load(tusk.port, keep=4, fresh=2) as load:
        wait_for(lambda: load.answered() >= 20, "the load to be under way")
        upgrade(tusk)
        wait_for(lambda: status_of(tusk)["generation"] == 3, "the reload")
        wait_for(lambda: len(status_of(tusk)["generations"]) == 1, "the others to have drained")
        load.no_more_connections(then=lambda: tusk.command("reload"))
        outcome = load.finish()
    assert outcome.failures == []
    assert "another version of tusk" in tusk.log()
    tusk.wait_for_metric(1, "tusk_processes", phase="serving")
    assert tusk.metrics().value("tusk_generation") == 4


def test_programs_that_do_not_work_change_nothing(start_installed, installed, tmp_path):
    """It says why, the exit status is 1, and the same processes serve."""
    config = tmp_path / "tusk.toml"
    config.write_text("")
    tusk = start_installed(PHP_SCRIPTS, "--config", config)
    before = tusk.server_pids()
    folder = (tmp_path / "v1").resolve()

    def fails(reason: str) -> None:
        done = tusk.command("upgrade")
        assert done.returncode == 1 and reason in done.stderr, (done, tusk.log())
        wait_for(lambda: tusk.server_pids() == before, "only the processes before")
        assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
        assert program_of(tusk.pid).startswith(f"{folder}/tusk")

    good = (folder / "tusk").read_bytes()

    def restore(name: str, original: Path) -> None:
        shutil.copy(original, folder / "restored")
        (folder / "restored").rename(folder / name)

    # The new tusk: no program, one that knows nothing of this, one that crashes, one of another
    # version.
    script(folder / "tusk", "no program\n")
    fails("ended with status 127")
    script(folder / "tusk", "#!/bin/sh\nexit 0\n")
    fails("cannot take the place")
    script(folder / "tusk", "#!/bin/sh\nkill -SEGV $$\n")
    fails("SIGSEGV")
    (folder / "tusk").unlink()
    fails("there is no tusk-server beside")
    script(folder / "tusk", "")
    (folder / "tusk").write_bytes(good)

    # The new tusk-server: one that crashes at its start, one that says no, none.
    script(folder / "tusk-server", "#!/bin/sh\nkill -SEGV $$\n")
    fails("before it was ready")
    script(folder / "tusk-server", "#!/bin/sh\nexit 3\n")
    fails("status 3 before it was ready")
    (folder / "tusk-server").unlink()
    fails("there is no tusk-server beside")
    restore("tusk-server", BINARY)

    config.write_text("no such thing")
    fails("configuration")
    config.write_text("")
    upgrade(tusk)
    wait_for(lambda: not set(before) & set(tusk.server_pids()), "other processes")
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"


def test_sockets_survive(start_installed, tmp_path, make_root):
    """A unix socket keeps its file, the process manager's sockets and its address stay known."""
    path = tmp_path / "tusk.sock"
    tusk = start_installed(PHP_SCRIPTS, listen=[f"unix:{path}", "127.0.0.1:0"])
    inode, port = path.stat().st_ino, tusk.port
    upgrade(tusk)
    upgrade(tusk)
    assert path.stat().st_ino == inode
    assert tusk.command("reload").returncode == 0
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), trust_env=False) as client:
        assert client.get("http://x/hello.php").text == "Hello World!"
    assert {"address": f"127.0.0.1:{port}", "internal": False} in status_of(tusk)["listeners"]
    tusk.stop()
    assert not path.exists()


def test_as_process_1(tmp_path):
    """In a container the process is replaced as well, and still reaps and ends."""
    socket, control = tmp_path / "s", tmp_path / "c"
    program = install(tmp_path, "v1") / "tusk"
    log = tmp_path / "log"
    with open(log, "wb") as err:
        process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", program]
            + ["--root", PHP_SCRIPTS, "--listen", f"unix:{socket}", "--internal-addr", "off"]
            + ["--control-socket", control],
            env=environment(),
            stderr=err,
            stdin=subprocess.DEVNULL,
        )
    try:
        wait_for(lambda: socket.exists() or process.poll() is not None, "the socket")
        if process.poll() is not None and "unshare" in log.read_text():
            pytest.skip("namespaces are not permitted here")
        install(tmp_path, "v2")
        done = None

        def upgraded():
            nonlocal done
            done = subprocess.run(
                [TUSK, "upgrade", "--control-socket", control],
                env=environment(),
                capture_output=True,
                text=True,
            )
            return done.returncode == 0

        wait_for(upgraded, "the upgrade")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), trust_env=False) as client:
            assert client.get("http://x/hello.php").text == "Hello World!"
        [tusk] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert program_of(int(tusk)) == f"{tmp_path}/v2/tusk"
        os.kill(int(tusk), signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
