"""Root starts tusk, and the server processes change to the user of the option user."""

import os
import pwd
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.certificates import Authority
from harness.engine import ENGINES, needs_host
from harness.reachable import is_possible, open_to_all, wrapper
from harness.server import TUSK, environment, run_tusk
from harness.tls import TlsClient, client_context
from harness.wait import PATIENCE_S, wait_for
from harness.worker_processes import children, hosts_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the user")

NOBODY = pwd.getpwnam("nobody")
DAEMON = pwd.getpwnam("daemon")
FACTS = "<?php echo json_encode(['pid' => getmypid(), 'uid' => posix_geteuid(), 'gid' => posix_getegid()," \
        " 'user' => getenv('USER'), 'home' => getenv('HOME')]);"
SITE = {
    "facts.php": FACTS,
    "own/facts.php": FACTS,
    "write.php": "<?php file_put_contents($_GET['to'], 'x'); echo fileowner($_GET['to']);",
    "upload.php": "<?php move_uploaded_file($_FILES['f']['tmp_name'], $_GET['to']); echo fileowner($_GET['to']);",
    "look.php": "<?php echo (int)(@fopen(\"/proc/$_GET[pid]/mem\", 'r') !== false);",
    "spool.php": "<?php echo str_repeat('x', 20 << 20);",
    "wild.php": "<?php function wild() { FFI::cast('int *', 0x414141414141)[0] = 1; } wild();",
}


@pytest.fixture
def reach(tmp_path) -> tuple:
    """The words before a command by which another user than root reaches tusk and its PHP."""
    if not is_possible():
        pytest.skip("another user than root cannot reach tusk and its PHP")
    open_to_all(tmp_path)
    mounts = tmp_path / "mounts"
    mounts.mkdir()
    return wrapper(mounts)


@pytest.fixture
def start(start_tusk, make_root, reach):
    """start(engine, *args) starts a supervised server for the user nobody."""

    def start_for_nobody(engine, *args, **options):
        return start_tusk(make_root(SITE), "--engine", engine, "--user", "nobody", "--workers", 2, *args,
                          supervised=True, wrapper=reach, **options)

    return start_for_nobody


@pytest.fixture
def directory_of(tmp_path):
    """directory_of(name, user, mode) makes a directory of that user's."""

    def make(name, user=NOBODY.pw_uid, mode=0o755) -> Path:
        made = tmp_path / name
        made.mkdir()
        made.chmod(mode)
        os.chown(made, user, user)
        return made

    return make


def status_of(pid) -> dict:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def capabilities_of(pid) -> set:
    """The sets of capabilities that give the process rights, or could."""
    status = status_of(pid)
    return {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}


def assert_is(pid, user) -> None:
    status = status_of(pid)
    assert status["Uid"].split() == [str(user.pw_uid)] * 4
    assert status["Gid"].split() == [str(user.pw_gid)] * 4
    assert set(status["Groups"].split()) <= {str(group) for group in os.getgrouplist(user.pw_name, user.pw_gid)}


def php_processes(server: int) -> list:
    hosts = hosts_of(server)
    return [*hosts, *(worker for host in hosts for worker in children(host))]


def another_server(tusk, before: int) -> int:
    def found():
        now = tusk.server_pids()
        return now[0] if len(now) == 1 and now[0] != before else None

    return wait_for(found, "another server process")


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_but_the_supervisor_is_the_users(start, engine, directory_of):
    """All processes, their groups, and the files that scripts make; no capability is left."""
    tusk = start(engine)
    facts = tusk.get("/facts.php").json()
    assert (facts["uid"], facts["gid"], facts["user"], facts["home"]) == (
        NOBODY.pw_uid, NOBODY.pw_gid, "nobody", NOBODY.pw_dir)
    [server] = tusk.server_pids()
    assert status_of(tusk.pid)["Uid"].split() == ["0"] * 4
    processes = [server, *php_processes(server)]
    assert facts["pid"] in processes and (engine == "threads") == (len(processes) == 1)
    for pid in processes:
        assert_is(pid, NOBODY)
        assert capabilities_of(pid) == {0}
    for thread in Path(f"/proc/{server}/task").iterdir():
        assert_is(f"{server}/task/{thread.name}", NOBODY)
    data = directory_of("data")
    assert tusk.get(f"/write.php?to={data}/made").text == str(NOBODY.pw_uid)
    upload = tusk.post(f"/upload.php?to={data}/upload", files={"f": b"x" * 1_500_000})
    assert upload.text == str(NOBODY.pw_uid) and (data / "upload").stat().st_size == 1_500_000
    assert len(tusk.get("/spool.php").content) == 20 << 20
    assert tusk.command("status").returncode == tusk.command("workers").returncode == 0
    assert "scripts run as root" not in tusk.log()


@needs_host
def test_a_crash_of_a_worker_process_is_reported_where_the_user_may_not_write(start, tmp_path):
    """The supervisor writes the file: the directory is root's, as the package's is."""
    directory = tmp_path / "crashes"
    directory.mkdir(mode=0o700)
    tusk = start("processes", "--crash-dir", directory, "-d", "ffi.enable=true")
    assert tusk.get("/facts.php").json()["uid"] == NOBODY.pw_uid
    assert tusk.get("/wild.php").status_code == 502
    line = tusk.wait_for_log(rf"a worker process has crashed, see {directory}/crash-[^\n]*\n")[0]
    assert re.search(r'php_backtrace="wild\(\) \S+/wild\.php:1 \{main\}\(\) \S+/wild\.php:1"', line)
    [file] = directory.iterdir()
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o600) and "wild()" in file.read_text()


@needs_host
def test_no_worker_looks_into_the_server(start):
    """It has the key and the token, and the same user as its worker processes."""
    tusk = start("processes")
    [server] = tusk.server_pids()
    facts = tusk.get("/facts.php").json()
    assert tusk.get(f"/look.php?pid={facts['pid']}").text == "1"
    assert tusk.get(f"/look.php?pid={server}").text == "0"


# Makes a terminal the controlling one, and standard output.
ON_TERMINAL = """
import os, sys
if os.getsid(0) != os.getpid(): os.setsid()
os.dup2(os.open(sys.argv[1], os.O_RDWR), 1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def terminal_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4]


@pytest.mark.parametrize("engine", ENGINES)
def test_scripts_do_not_type_at_the_terminal_of_root(start_tusk, make_root, reach, engine):
    """With a controlling terminal they could (TIOCSTI), and read what is typed. Ctrl-C ends tusk as ever."""
    ours, theirs = os.openpty()
    terminal = (sys.executable, "-c", ON_TERMINAL, os.ttyname(theirs))
    tusk = start_tusk(make_root(SITE), "--engine", engine, "--user", "nobody", "--workers", 2,
                      supervised=True, wrapper=(*terminal, *reach))
    [server] = tusk.server_pids()
    assert terminal_of(tusk.pid) != "0"
    for pid in (server, *php_processes(server)):
        assert terminal_of(pid) == "0"
        flags = re.search(r"flags:\s*(\d+)", Path(f"/proc/{pid}/fdinfo/1").read_text())[1]
        assert int(flags, 8) & os.O_ACCMODE == os.O_WRONLY
    os.write(ours, b"\x03")
    assert tusk.wait_for_exit() == 0
    os.close(theirs)
    os.close(ours)


@pytest.mark.needs_threads
def test_no_thread_keeps_what_allows_the_change(start_tusk, make_root, reach):
    """Not root, but a user with the two capabilities starts tusk."""
    capabilities = "+setuid,+setgid"
    starter = ("setpriv", "--reuid", "nobody", "--regid", NOBODY.pw_gid, "--clear-groups",
               "--inh-caps", capabilities, "--ambient-caps", capabilities)
    tusk = start_tusk(make_root(SITE), "--user", "daemon", "--engine", "threads", wrapper=(*reach, *starter))
    facts = tusk.get("/facts.php").json()
    assert facts["uid"] == DAEMON.pw_uid
    threads = list(Path(f"/proc/{facts['pid']}/task").iterdir())
    wait_for(lambda: all(capabilities_of(f"{facts['pid']}/task/{one.name}") == {0} for one in threads),
             "threads without capabilities")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_that_only_root_can_read(start, engine, tmp_path):
    """It is read at the start, after a crash and at a reload, which the log asks for after a renewal."""
    authority = Authority(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o700)
    used = authority.issue("localhost", "before.example")
    context = client_context(authority.certificate)
    file = tmp_path / "tusk.toml"
    file.write_text('log_level = "info"\n')
    tusk = start(engine, "--config", file, *used.flags())

    def names():
        with TlsClient(tusk.port, context, "localhost") as client:
            return client.names()

    assert "before.example" in names()
    tusk.wait_for_log(r"after a renewal, run tusk reload.*Permission denied for user nobody")
    [server] = tusk.server_pids()
    os.kill(server, signal.SIGKILL)
    server = another_server(tusk, server)
    wait_for(lambda: "before.example" in names(), "the certificate after a crash")
    assert_is(server, NOBODY)

    used.replace_with(authority.issue("localhost", "after.example"))
    done = tusk.command("reload")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: "after.example" in names(), "the new certificate")
    assert_is(another_server(tusk, server), NOBODY)
    # The process cannot see whether they have changed again: a new one looks.
    file.write_text('log_level = "debug"\n')
    assert "generation 3 serves" in tusk.command("reload").stdout
    assert "new certificates are invalid" not in tusk.log()


def free_low_port() -> int:
    for port in range(1023, 600, -1):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    pytest.skip("no port below 1024 is free")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_port_below_1024(start, engine):
    tusk = start(engine, listen=(f"127.0.0.1:{free_low_port()}",))
    [server] = tusk.server_pids()
    assert tusk.get("/facts.php").json()["uid"] == NOBODY.pw_uid
    assert tusk.command("reload").returncode == 0
    another_server(tusk, server)
    assert tusk.get("/facts.php").json()["uid"] == NOBODY.pw_uid


def start_with_logs(start, engine, directory):
    log, access = directory / "tusk.log", directory / "access.log"
    tusk = start(engine, "--log-file", log, "--access-log", "--access-log-file", access, ready=False)
    wait_for(lambda: log.exists() and "serves" in log.read_text(), "the start-up line")
    tusk.url = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
    tusk.get("/facts.php?first")
    wait_for(lambda: "/facts.php?first" in access.read_text(), "the access line")
    return tusk, log, access


def move_away(log, access) -> None:
    for file in (log, access):
        file.rename(file.with_suffix(".1"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("owner", [0, NOBODY.pw_uid], ids=["root's", "the user's"])
def test_log_files_are_opened_again(start, engine, owner, directory_of):
    """Also in a directory of root's, where the user cannot make them."""
    tusk, log, access = start_with_logs(start, engine, directory_of("logs", owner))
    assert log.stat().st_uid == access.stat().st_uid == NOBODY.pw_uid
    move_away(log, access)
    done = tusk.command("reopen-logs")
    assert done.returncode == 0, done.stderr
    assert log.stat().st_uid == access.stat().st_uid == NOBODY.pw_uid
    tusk.get("/facts.php?second")
    wait_for(lambda: "/facts.php?second" in access.read_text(), "a line in the new file")


@pytest.mark.needs_threads
def test_root_does_not_follow_a_link_of_the_users(start, directory_of, tmp_path):
    """A script could put it in the place of a log file that was moved away."""
    secret = tmp_path / "secret"
    secret.write_text("")
    secret.chmod(0o600)
    tusk, log, access = start_with_logs(start, "threads", directory_of("logs"))
    move_away(log, access)
    for file in (log, access):
        file.symlink_to(secret)
    done = tusk.command("reopen-logs")
    assert done.returncode == 1 and "Permission denied" in done.stderr
    assert secret.read_text() == "" and secret.stat().st_uid == 0


@needs_host
def test_a_pool_with_a_user_of_its_own(start, tmp_path):
    """The server process keeps the rights that its hosts need for the change, and no worker has any."""
    file = tmp_path / "tusk.toml"
    file.write_text("[[pool]]\nname = 'own'\nmatch = ['/own/*']\nuser = 'daemon'\nworkers = 1\n")
    tusk = start("processes", "--config", file)
    [server] = tusk.server_pids()

    def own():
        answer = tusk.get("/own/facts.php")
        return answer.json() if answer.status_code == 200 else None

    before = own()
    assert (before["uid"], before["user"]) == (DAEMON.pw_uid, "daemon")
    assert tusk.get("/facts.php").json()["uid"] == NOBODY.pw_uid
    assert_is(server, NOBODY)
    for pid in php_processes(server):
        assert capabilities_of(pid) == {0}
    assert {status_of(pid)["Uid"].split()[0] for pid in php_processes(server)} == {
        str(NOBODY.pw_uid), str(DAEMON.pw_uid)}
    [host] = [host for host in hosts_of(server) if before["pid"] in children(host)]
    os.kill(host, signal.SIGKILL)
    after = wait_for(lambda: (now := own()) and now["pid"] != before["pid"] and now, "a worker of another host")
    assert after["uid"] == DAEMON.pw_uid and tusk.server_pids() == [server]
    assert tusk.command("reload", "--php").returncode == 0
    assert own()["uid"] == DAEMON.pw_uid


@needs_host
def test_a_pool_with_a_root_directory(start, make_root, tmp_path):
    """It has the server's user, and no capability afterwards."""
    root = make_root(SITE)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'own'\nmatch = ['/own/*']\nchroot = '{root}'\nworkers = 1\n")
    tusk = start("processes", "--config", file)
    facts = tusk.get("/own/facts.php").json()
    assert facts["uid"] == NOBODY.pw_uid
    assert os.readlink(f"/proc/{facts['pid']}/root") == str(root)
    assert capabilities_of(facts["pid"]) == {0}


def test_what_is_refused(make_root, tmp_path):
    root = make_root(SITE)
    open_to_all(tmp_path)
    pool = "[[pool]]\nname = 'own'\nmatch = ['/own/*']\n"
    file = tmp_path / "tusk.toml"
    for text, message in (
        ("user = 'no-such-user'\n", "tusk.toml:2: user: there is no user 'no-such-user'"),
        ("user = 'nobody'\ngroup = 'no-such-group'\n", "tusk.toml:3: group: there is no group 'no-such-group'"),
        ("group = 'daemon'\n", "tusk.toml:2: group: needs user"),
        (f"user = 'nobody'\n{pool}user = 'daemon'\n", "the pool 'own' has a user of its own"),
        (f"user = 'nobody'\n{pool}engine = 'processes'\ncgroup_pids_max = 20\n", "the pool 'own' has a cgroup"),
    ):
        file.write_text(f"document_root = '{root}'\n{text}")
        answer = run_tusk("check", "--config", file, "--engine", "threads")
        assert answer.returncode in (1, 2) and message in answer.stderr, answer.stderr


def test_the_user_must_be_able_to_enter_the_root(make_root, tmp_path):
    root = make_root(SITE)
    open_to_all(tmp_path)
    root.chmod(0o700)
    answer = run_tusk("check", "--root", root, "--user", "nobody")
    assert answer.returncode == 1
    assert re.search(rf"--root: {root}: Permission denied for user nobody .*setfacl -m u:nobody:x", answer.stderr)


def test_another_user_than_root_cannot_change(make_root, reach):
    root = make_root(SITE)
    done = subprocess.run(
        [*reach, "setpriv", "--reuid", str(NOBODY.pw_uid), "--regid", str(NOBODY.pw_gid), "--clear-groups",
         TUSK, "--root", root, "--user", "daemon", "--listen", "127.0.0.1:0", "--internal-addr", "off"],
        env=environment(), text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert "user: cannot change to user daemon as user nobody" in done.stderr


def test_a_start_as_root_warns(start_tusk, make_root):
    root = make_root(SITE)
    assert "scripts run as root: set user" in start_tusk(root).log()
    assert "scripts run as root" not in start_tusk(root, "--user", "root").log()
