"""Pools with engines and users of their own in one server: threads beside worker processes."""

import os
import pwd
import signal

import pytest

from harness.server import TUSK, run_tusk
from harness.wait import wait_for
from harness.worker_processes import HOST, children, host_of

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

FACTS = "<?php echo json_encode(['pid' => getmypid(), 'host' => posix_getppid(), 'uid' => posix_geteuid()," \
        " 'gid' => posix_getegid()," \
        " 'user' => getenv('USER'), 'home' => getenv('HOME')]);"
SITE = {
    "facts.php": FACTS,
    "own/facts.php": FACTS,
    "own/upload.php": "<?php move_uploaded_file($_FILES['f']['tmp_name'], $_GET['to']);"
                      " echo fileowner($_GET['to']);",
    "own/spool.php": "<?php echo str_repeat('x', 20 << 20);",
}
BUILT_WITH_THREADS = b"libphp" in TUSK.with_name("tusk-server").read_bytes()
IS_ROOT = os.geteuid() == 0


def start(start_tusk, make_root, tmp_path, pool, *args, **options):
    file = tmp_path / "tusk.toml"
    file.write_text("[[pool]]\nname = 'own'\nmatch = ['/own/*']\nworkers = 2\n" + pool)
    return start_tusk(make_root(SITE), "--config", file, "--workers", 2, *args, **options)


@pytest.mark.skipif(not BUILT_WITH_THREADS, reason="this tusk-server has no PHP of its own")
def test_threads_and_processes_in_one_server(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root, tmp_path, "engine = 'processes'", "--engine", "threads")
    of_thread = tusk.get("/facts.php").json()
    of_process = tusk.get("/own/facts.php").json()
    assert of_thread["pid"] == tusk.pid
    assert of_process["pid"] in children(host_of(tusk.pid))
    os.kill(of_process["pid"], signal.SIGKILL)
    wait_for(lambda: len(children(host_of(tusk.pid))) == 2, "another worker")
    assert tusk.get("/own/facts.php").json()["pid"] != of_process["pid"]
    assert tusk.get("/facts.php").json()["pid"] == tusk.pid


@pytest.mark.skipif(not BUILT_WITH_THREADS, reason="this tusk-server has no PHP of its own")
def test_a_pool_of_threads_beside_processes(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root, tmp_path, "engine = 'threads'", "--engine", "processes", supervised=True)
    [server] = tusk.server_pids()
    assert tusk.get("/own/facts.php").json()["pid"] == server
    assert tusk.get("/facts.php").json()["pid"] in children(host_of(server))
    # PHP is part of the server process: a new one takes over.
    assert tusk.command("reload", "--php").returncode == 0
    wait_for(lambda: server not in tusk.server_pids(), "the old server to end")
    assert tusk.get("/own/facts.php").json()["pid"] in tusk.server_pids()


@pytest.mark.skipif(not IS_ROOT, reason="only root may change the user")
def test_a_pool_has_a_user_of_its_own(start_tusk, make_root, tmp_path):
    """Its uploads and its large responses work as those of others, and it is watched as they are."""
    nobody = pwd.getpwnam("nobody")
    for directory in (tmp_path, *tmp_path.parents):
        if str(directory).count("/") > 1:
            directory.chmod(0o755)
    target = tmp_path / "target"
    target.mkdir()
    target.chmod(0o777)
    tusk = start(start_tusk, make_root, tmp_path, "user = 'nobody'",
                 env={"REQUEST_TIMEOUT": "30s", "WORKER_MAX_REQUESTS": "4"})
    facts = tusk.get("/own/facts.php").json()
    assert (facts["uid"], facts["gid"], facts["user"], facts["home"]) == (
        nobody.pw_uid, nobody.pw_gid, "nobody", nobody.pw_dir)
    assert tusk.get("/facts.php").json()["uid"] == 0
    upload = tusk.post(f"/own/upload.php?to={target}/f", files={"f": b"x" * 1_500_000})
    assert upload.text == str(nobody.pw_uid) and (target / "f").stat().st_size == 1_500_000
    assert len(tusk.get("/own/spool.php").content) == 20 << 20
    pids = {tusk.get("/own/facts.php").json()["pid"] for _ in range(20)}
    assert len(pids) > 3
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{facts['host']}/status") if ":\t" in line)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root may change the user")
def test_a_rewound_pool_with_a_user(start_tusk, make_root, tmp_path):
    """After a change of the user a process may not read its own pagemap, unless it says so."""
    for directory in (tmp_path, *tmp_path.parents):
        if str(directory).count("/") > 1:
            directory.chmod(0o755)
    script = "<?php $n = 0; while (tusk_handle_request(function () use (&$n) { echo ++$n, ' ', posix_geteuid(); }));"
    root = make_root({"app.php": script})
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'app'\nscript = '{root}/app.php'\nmode = 'rewind'\nuser = 'nobody'\nworkers = 1\n")
    tusk = start_tusk(root, "--config", file)
    uid = pwd.getpwnam("nobody").pw_uid
    assert [tusk.get("/app.php").text for _ in range(3)] == [f"1 {uid}"] * 3


# Speaks for its PHP host (src/exec/process/host_protocol.h): kFailed, kForked and kEnded of a worker
# that is not there.
FALSE_WORD = """<?php
$c = FFI::cdef('long send(int, const char *, unsigned long, int);');
foreach (scandir('/proc/self/fd') as $fd) {
  if (!str_starts_with((string) @readlink("/proc/self/fd/$fd"), 'socket:')) continue;
  foreach ([8, 10, 11] as $kind) $c->send((int) $fd, pack('V4', $kind, 1000000, 0, 0), 16, 0x4040);
}
while (tusk_handle_request(fn () => print('served')));
"""


def test_a_host_that_tells_of_a_worker_that_is_not_there(start_tusk, make_root, tmp_path):
    """The boot of a rewound pool runs in the host, whose word ends no server of other pools."""
    root = make_root({"hello.php": "Hello", "app.php": FALSE_WORD})
    file = tmp_path / "tusk.toml"
    file.write_text(
        f"engine = 'processes'\n[[pool]]\nname = 'app'\nmatch = ['/app.php']\nscript = '{root}/app.php'\n"
        "mode = 'rewind'\nworkers = 1\n"
    )
    tusk = start_tusk(root, "--config", file, "-d", "ffi.enable=1")
    assert tusk.get("/hello.php").text == "Hello" and tusk.get("/app.php").text == "served"
    assert tusk.log().count("a PHP host has told of a worker that its pool does not have") == 3


def test_wrong_users_are_refused(make_root, tmp_path):
    root = make_root(SITE)
    file = tmp_path / "tusk.toml"
    for pool, message in (("user = 'no-such-user'", "there is no user 'no-such-user'"),
                          ("group = 'no-such-group'", "there is no group 'no-such-group'"),
                          ("engine = 'threads'\nuser = 'nobody'", 'a user or group, which needs engine = "processes"')):
        file.write_text(f"document_root = '{root}'\n[[pool]]\nname = 'own'\nmatch = ['/own/*']\n{pool}\n")
        answer = run_tusk("check", "--config", file)
        assert answer.returncode in (1, 2) and message in answer.stderr, answer.stderr
    file.write_text(f"document_root = '{root}'\n[[pool]]\nname = 'own'\nmatch = ['/own/*']\nuser = 'nobody'\n")
    shown = run_tusk("config", "--config", file)
    assert "user = \"nobody\"" in shown.stdout and 'engine = "processes"' in shown.stdout
