"""What confines the worker processes of a pool: cgroup, seccomp, chroot. As root; what this machine does not
allow is skipped."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.child import die_with_parent
from harness.server import run_tusk
from harness.wait import wait_for
from harness.worker_processes import HOST, children, runs

pytestmark = [
    pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may confine other users' processes"),
]

TREE = Path("/sys/fs/cgroup")
IS_VERSION_2 = (TREE / "cgroup.controllers").exists()
LIMIT_FILES = {"memory": "memory.max", "cpu": "cpu.max", "pids": "pids.max"} if IS_VERSION_2 else {
    "memory": "memory.limit_in_bytes", "cpu": "cpu.cfs_quota_us", "pids": "pids.max"}


def group_of_pytest(controller: str) -> str:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if (not names if IS_VERSION_2 else controller in names.split(",")):
            return path.removesuffix("/tusk-main").rstrip("/")
    return ""


# Version 2: a group whose children have limits holds no process itself. So servers are started in groups beside
# the one that pytest is in, as tests/README.md says.
BESIDE = TREE / group_of_pytest("").strip("/") / "../servers"


def directory_of(controller: str, name: str) -> Path:
    return (BESIDE if IS_VERSION_2 else Path(f"{TREE / controller}{group_of_pytest(controller)}")) / name


def may_make_groups() -> bool:
    """Leaves nothing behind."""
    if IS_VERSION_2:
        file = BESIDE.parent / "cgroup.subtree_control"
        return file.is_file() and set(LIMIT_FILES) <= set(file.read_text().split())
    for controller in LIMIT_FILES:
        directory = directory_of(controller, f"tusk-try-{os.getpid()}")
        try:
            directory.mkdir()
        except OSError:
            return False
        directory.rmdir()
    return True


@pytest.fixture
def start_tusk(start_tusk):
    """Version 2: starts the servers of a test in one group, as systemd does with a service."""
    if not IS_VERSION_2 or not may_make_groups():
        return start_tusk
    join = ("sh", "-c", 'g=$0; [ -d "$g/tusk-main" ] && g="$g/tusk-main"; echo $$ >"$g/cgroup.procs" && exec "$@"')

    def start(*args, wrapper=(), **options):
        BESIDE.mkdir(exist_ok=True)
        return start_tusk(*args, wrapper=(*join, BESIDE, *wrapper), **options)

    return start


needs_groups = pytest.mark.skipif(not may_make_groups(), reason="no cgroup with limits can be made (tests/README.md)")

FACTS = """<?php echo json_encode(['pid' => getmypid(), 'host' => posix_getppid(), 'uid' => posix_geteuid(),
    'server' => array_intersect_key($_SERVER, array_flip(['SCRIPT_FILENAME', 'DOCUMENT_ROOT', 'PATH_TRANSLATED'])),
    'file' => __FILE__, 'cwd' => getcwd()]);"""
SITE = {
    "facts.php": FACTS,
    "memory.php": "<?php ini_set('memory_limit', -1); $all = []; for (;;) $all[] = str_repeat(random_bytes(16), 65536);",
    "program.php": "<?php exec('head -c 500000000 /dev/zero | tail -c 400000000 | wc -c', $out, $code); echo $code;",
    "bomb.php": """<?php $started = 0;
        while (@proc_open(['sleep', '1000'], [], $pipes)) { ++$started; if ($started > 200) break; $all[] = 1; }
        file_put_contents($_GET['done'], $started); sleep(1000);""",
    "exec.php": "<?php $done = @exec($_GET['c'], $out, $code); echo json_encode([$done, $code, $out]);",
    "exec_error.php": "<?php proc_open(['true'], [], $p); echo error_get_last()['message'] ?? 'none';",
    "slow.php": "<?php function waits() { usleep(1000000); } waits(); echo 'done';",
}


def start(start_tusk, root, tmp_path, pool, *args, workers=2, **options):
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'own'\nmatch = ['/**']\nworkers = {workers}\n{pool}\n")
    return start_tusk(root, "--config", file, "--workers", 1, *args, **options)


def open_to_others(path: Path) -> None:
    for directory in (path, *path.parents):
        if str(directory).count("/") > 1:
            directory.chmod(0o755)


# --- cgroups ---


@needs_groups
def test_host_and_workers_are_in_the_cgroup_of_their_pool(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root(SITE), tmp_path,
                 "cgroup = 'tusk-test'\ncgroup_memory_max = '200M'\ncgroup_cpu_max = 150\ncgroup_pids_max = 50")
    facts = tusk.get("/facts.php").json()
    limits = {"memory": str(200 << 20), "cpu": "150000", "pids": "50"}
    for controller, name in LIMIT_FILES.items():
        directory = directory_of(controller, "tusk-test")
        assert (directory / name).read_text().split()[0] == limits[controller]
        members = {int(pid) for pid in (directory / "cgroup.procs").read_text().split()}
        assert {facts["pid"], facts["host"]} <= members
        assert tusk.pid not in members
    tusk.stop()
    wait_for(lambda: not directory_of("memory", "tusk-test").exists(), "the cgroup to be removed")


@needs_groups
@pytest.mark.parametrize("supervised", [False, True])
def test_a_worker_without_memory_costs_one_request(start_tusk, make_root, tmp_path, supervised):
    tusk = start(start_tusk, make_root(SITE), tmp_path, "cgroup_memory_max = '200M'", supervised=supervised)
    host = tusk.get("/facts.php").json()["host"]
    for _ in range(2):
        size = tusk.log_size()
        assert tusk.get("/memory.php").status_code == 502
        tusk.wait_for_log(r"a worker process has ended, and its request with it.*"
                          r"SIGKILL\): out of memory in the cgroup \S+/pool-own", size)
        for _ in range(5):
            assert tusk.get("/facts.php").json()["host"] == host
    # What another signal ends is not said to lack memory.
    size = tusk.log_size()
    os.kill(tusk.get("/facts.php").json()["pid"], signal.SIGKILL)
    line = tusk.wait_for_log(r"a worker process has ended without a request.*", size)[0]
    assert "memory" not in line


@needs_groups
def test_a_program_without_memory_is_told_of(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root(SITE), tmp_path, "cgroup_memory_max = '200M'")
    assert tusk.get("/program.php").status_code == 200
    tusk.wait_for_log("out of memory in a pool's cgroup: programs that scripts have started were killed")


@needs_groups
def test_a_fork_bomb_ends_with_its_worker(start_tusk, make_root, tmp_path):
    """While it lasts, the other worker answers; what it has left does not keep its successor away."""
    tusk = start(start_tusk, make_root(SITE), tmp_path, "cgroup_pids_max = 30")
    done = tmp_path / "done"
    with tusk.raw() as client:
        client.send(f"GET /bomb.php?done={done} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        wait_for(lambda: done.exists() and done.read_text(), "no more programs")
        assert 10 < int(done.read_text()) < 30
        other = tusk.get("/facts.php").json()
        [bomb] = set(children(other["host"])) - {other["pid"]}
        os.kill(bomb, signal.SIGKILL)
        assert client.response().status == 502
    tusk.wait_for_log("a pool's cgroup was full: what ended workers had left there is killed")
    wait_for(lambda: len(children(other["host"])) == 2, "another worker")
    assert runs(other["pid"])
    assert {tusk.get("/facts.php").status_code for _ in range(20)} == {200}


# --- what is in a pool's cgroup already ---

BOMB = """
import os, subprocess, sys
while not os.path.exists(sys.argv[1]):
    try:
        subprocess.Popen(["sleep", "3"], start_new_session=True)
    except OSError:  # the cgroup is full
        pass
"""
START = """<?php
    for ($i = 0; $i < 2; ++$i) exec("$_GET[python] bomb.py " . escapeshellarg($_GET['end']) . ' > /dev/null 2>&1 &');
    echo 'begun';"""
LEAVE = "<?php exec('setsid sleep 1000 > /dev/null 2>&1 & echo $!', $out); echo $out[0];"


def two_pools(make_root, tmp_path) -> tuple:
    """A root, and the arguments of a server with the pool `default` and one that has a cgroup."""
    file = tmp_path / "tusk.toml"
    file.write_text("engine = 'processes'\n[[pool]]\nname = 'bomb'\nmatch = ['/bomb/**']\nworkers = 1\n"
                    "cgroup = 'tusk-test-full'\ncgroup_pids_max = 40\n")
    root = make_root({"facts.php": FACTS, "bomb/facts.php": FACTS, "bomb/bomb.py": BOMB, "bomb/start.php": START,
                      "bomb/leave.php": LEAVE})
    return root, ["--config", file, "--workers", 1]


class Group:
    """The cgroup of that pool. Whoever is in it at the end of the test is killed. A test names it before
    `start_tusk`, whose servers end first then."""

    def __init__(self):
        self.directory = directory_of("pids", "tusk-test-full")
        self.directory.mkdir(exist_ok=True)

    def members(self) -> list:
        if not self.directory.exists():
            return []
        return [int(pid) for pid in (self.directory / "cgroup.procs").read_text().split()]

    def put(self, pids: list) -> None:
        for pid in pids:
            (self.directory / "cgroup.procs").write_text(str(pid))

    def kill(self) -> None:
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def group():
    group = Group()
    yield group
    wait_for(lambda: group.kill() or not group.members(), "the cgroup to be empty")
    if group.directory.exists():
        group.directory.rmdir()


@pytest.fixture
def guarded_programs(tmp_path):
    """Makes programs that tusk must not kill: they descend from what it takes for another server."""
    started = []

    def make(count: int) -> list:
        server = tmp_path / "tusk-server"
        if not server.exists():
            shutil.copy("/bin/sh", server)
        parent = subprocess.Popen([server, "-c", f"for i in $(seq {count}); do sleep 1000 & done; wait"],
                                  preexec_fn=die_with_parent)
        started.append(parent)
        return wait_for(lambda: len(pids := children(parent.pid)) == count and pids, "the programs")

    yield make
    for parent in started:
        for pid in children(parent.pid):
            os.kill(pid, signal.SIGKILL)
        parent.kill()
        parent.wait()


def end(programs: list) -> None:
    for pid in programs:
        os.kill(pid, signal.SIGKILL)


@needs_groups
@pytest.mark.parametrize("supervised", [False, True])
def test_a_pool_without_workers_holds_no_other_pool(group, guarded_programs, start_tusk, make_root, tmp_path,
                                                    supervised):
    """At the start, and when its worker ends; it serves as soon as processes can be forked."""
    programs = guarded_programs(60)
    group.put(programs)
    root, args = two_pools(make_root, tmp_path)
    tusk = start_tusk(root, *args, supervised=supervised, ready=False)
    tusk.wait_until_started()
    assert tusk.get("/facts.php").status_code == 200
    ready = tusk.admin("/ready")
    assert (ready.status_code, ready.json()["status"], ready.json()["pool"]) == (503, "down", "bomb")
    assert ready.json()["reason"] == "no worker can be started"
    with tusk.raw() as waiting:
        waiting.request("GET", "/bomb/facts.php")
        for _ in range(20):
            assert tusk.get("/facts.php").status_code == 200
        end(programs)
        assert waiting.response().status == 200
    wait_for(tusk.is_ready, "/ready to answer 200")
    # Once for all attempts until then.
    reason = "a worker process cannot start.*Resource temporarily unavailable"
    assert len(re.findall(reason, tusk.log())) == 1, tusk.log()
    assert len(re.findall("the server starts, and a pool lacks workers", tusk.log())) == 1

    worker = tusk.get("/bomb/facts.php").json()["pid"]
    programs = guarded_programs(60)
    group.put(programs)
    size = tusk.log_size()
    os.kill(worker, signal.SIGKILL)
    tusk.wait_for_log("a worker process cannot start", size)
    assert tusk.get("/facts.php").status_code == 200
    wait_for(lambda: tusk.admin("/ready").json()["status"] == "down", "/ready to see it")
    end(programs)
    assert tusk.get("/bomb/facts.php").status_code == 200
    wait_for(tusk.is_ready, "/ready to answer 200")
    tusk.wait_for_log("worker processes start again", size)
    assert len(re.findall("a worker process cannot start", tusk.log(size))) == 1, tusk.log(size)


@needs_groups
def test_a_reload_fails_where_a_pool_would_lose_its_workers(group, guarded_programs, start_tusk, make_root, tmp_path):
    root, args = two_pools(make_root, tmp_path)
    tusk = start_tusk(root, *args, supervised=True)
    before = tusk.get("/bomb/facts.php").json()["host"]
    programs = guarded_programs(60)
    group.put(programs)
    done = tusk.command("reload")
    assert done.returncode != 0 and "Resource temporarily unavailable" in done.stderr, done.stderr
    assert tusk.get("/facts.php").status_code == 200
    assert tusk.get("/bomb/facts.php").json()["host"] == before
    end(programs)
    wait_for(lambda: int((group.directory / "pids.current").read_text()) < 20, "room in the cgroup")
    done = tusk.command("reload")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: tusk.get("/bomb/facts.php").json()["host"] != before, "a new host")


@needs_groups
def test_what_an_earlier_server_has_left_is_killed(group, start_tusk, make_root, tmp_path):
    """A fork bomb goes on in the cgroup of a server that was killed."""
    root, args = two_pools(make_root, tmp_path)
    bomb_ends = tmp_path / "end"
    earlier = start_tusk(root, *args)
    assert earlier.get("/bomb/start.php", params={"end": bomb_ends, "python": sys.executable}).text == "begun"
    try:
        wait_for(lambda: int((group.directory / "pids.current").read_text()) >= 38, "a full cgroup")
        earlier.signal(signal.SIGKILL)
        earlier.wait_for_exit()
        before = group.members()
        tusk = start_tusk(root, *args, ready=False)
        tusk.wait_until_started()
        assert tusk.get("/facts.php").status_code == 200
        assert tusk.get("/bomb/facts.php").status_code == 200
        wait_for(tusk.is_ready, "/ready to answer 200")
        tusk.wait_for_log("what an earlier server had left in a pool's cgroup is killed")
        wait_for(lambda: not [pid for pid in before if runs(pid)], "all that was there to end")
        tusk.stop()
        wait_for(lambda: not group.directory.exists(), "the cgroup to be removed")
    finally:
        bomb_ends.touch()


@needs_groups
def test_a_reload_kills_no_program_of_a_pool_with_room(group, start_tusk, make_root, tmp_path):
    """What a script has left behind runs on: the server before, whose it is, still has its host."""
    root, args = two_pools(make_root, tmp_path)
    tusk = start_tusk(root, *args, supervised=True)
    program = int(tusk.get("/bomb/leave.php").text)
    before = tusk.get("/bomb/facts.php").json()["host"]
    done = tusk.command("reload")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: tusk.get("/bomb/facts.php").json()["host"] != before, "a new host")
    assert runs(program)
    assert program in group.members()


@needs_groups
def test_a_reload_changes_the_limits(start_tusk, make_root, tmp_path):
    root = make_root(SITE)
    tusk = start(start_tusk, root, tmp_path, "cgroup = 'tusk-test'\ncgroup_pids_max = 50", supervised=True)
    before = tusk.get("/facts.php").json()["host"]
    file = tmp_path / "tusk.toml"
    file.write_text(file.read_text().replace("= 50", "= 60"))
    done = tusk.command("reload")
    assert done.returncode == 0, done.stderr
    after = wait_for(lambda: (host := tusk.get("/facts.php").json()["host"]) != before and host, "a new host")
    directory = directory_of("pids", "tusk-test")
    assert (directory / "pids.max").read_text().strip() == "60"
    wait_for(lambda: not runs(before), "the old host to end")
    assert str(after) in (directory / "cgroup.procs").read_text().split()


@needs_groups
def test_pools_may_share_a_cgroup_with_all_others(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root(SITE), tmp_path, "", "--engine", "processes",
                 "--worker-cgroup-pids-max", 70)
    directory = directory_of("pids", "workers")
    assert (directory / "pids.max").read_text().strip() == "70"
    assert len((directory / "cgroup.procs").read_text().split()) == 2 + 3


@needs_groups
def test_without_the_right_to_a_cgroup_nothing_starts(start_tusk, make_root, tmp_path):
    """As in most containers, and in a unit with ProtectControlGroups=yes."""
    tree = TREE if IS_VERSION_2 else TREE / "memory"
    wrapper = ("unshare", "--mount", "sh", "-c", f'mount -o remount,bind,ro {tree} && exec "$@"', "sh")
    root = make_root(SITE)
    assert start(start_tusk, root, tmp_path, "engine = 'processes'", wrapper=wrapper).get("/facts.php").status_code == 200
    tusk = start(start_tusk, root, tmp_path, "cgroup_memory_max = '100M'", wrapper=wrapper, ready=False)
    assert tusk.wait_for_exit() == 1
    assert re.search(r"cannot (make|divide|move tusk to) the cgroup \S+: Read-only file system \(tusk must own it; in a unit "
                     r"of systemd: Delegate=yes and ProtectControlGroups=no\)", tusk.log()), tusk.log()


# --- seccomp ---


def status_of(pid: int) -> dict:
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def test_the_default_filter_lets_applications_work(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root(SITE), tmp_path, "seccomp = 'default'", env={"SLOW_REQUEST": "200ms"})
    facts = tusk.get("/facts.php").json()
    for pid in (facts["pid"], facts["host"]):
        assert (status_of(pid)["Seccomp"].strip(), status_of(pid)["NoNewPrivs"].strip()) == ("2", "1")
    assert status_of(tusk.pid)["Seccomp"].strip() == "0"
    assert tusk.get("/exec.php", params={"c": "echo a | tr a b"}).json() == ["b", 0, ["b"]]
    for command in ("unshare -U true", "unshare -m true", "mount -t tmpfs none /mnt", "nsenter -t 1 -m true"):
        _, code, out = tusk.get("/exec.php", params={"c": command + " 2>&1"}).json()
        assert code != 0 and re.search("not permitted|permission denied", out[0], re.IGNORECASE), (command, out)
    # The server looks at its workers as before.
    assert tusk.get("/slow.php").text == "done"
    assert "waits" in tusk.wait_for_log("slow.*")[0] + tusk.log()


@pytest.mark.since_php("8.3", "PHP learns why a program could not be started")
def test_programs_can_be_denied(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root(SITE), tmp_path, "seccomp = 'no-exec'")
    assert tusk.get("/exec.php", params={"c": "true"}).json()[1] != 0
    assert "Operation not permitted" in tusk.get("/exec_error.php").text
    assert tusk.get("/facts.php").status_code == 200


def test_a_rewound_pool_can_be_filtered(start_tusk, make_root, tmp_path):
    script = "<?php $n = 0; while (tusk_handle_request(function () use (&$n) { echo ++$n; }));"
    root = make_root({"app.php": script})
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'app'\nscript = '{root}/app.php'\nmode = 'rewind'\nseccomp = 'no-exec'\nworkers = 1\n")
    tusk = start_tusk(root, "--config", file)
    assert [tusk.get("/app.php").text for _ in range(5)] == ["1"] * 5


# --- chroot ---

INSIDE = {
    "www/facts.php": FACTS,
    "www/.user.ini": "precision = 5\n",
    "www/a/info.php": "<?php include '/lib/lib.php'; echo lib(), ' ', ini_get('precision'), ' ',"
                      " $_SERVER['PATH_TRANSLATED'], ' ', $_SERVER['SCRIPT_FILENAME'];",
    "www/send.php": "<?php header('X-Sendfile: ' . $_GET['f']);",
    "www/upload.php": "<?php echo $_FILES['f']['tmp_name'], ' ', filesize($_FILES['f']['tmp_name']);",
    "www/spool.php": "<?php echo str_repeat('x', 20 << 20);",
    "www/escape.php": """<?php
        $found = [];
        foreach (['/etc/passwd', '/../../../../etc/passwd', '/proc/self/root/etc/passwd', '/www/../../../etc/passwd'] as $f)
            if (@file_get_contents($f) !== false) $found[] = $f;
        for ($fd = 0; $fd < 300; ++$fd)
            foreach (["/proc/self/fd/$fd/etc/passwd", "/dev/fd/$fd/../../etc/passwd"] as $f)
                if (@file_get_contents($f) !== false) $found[] = $f;
        chdir('..'); chdir('../../../..');
        if (@file_get_contents('etc/passwd') !== false) $found[] = 'cwd';
        symlink('/../../../etc/passwd', '/tmp/link' . getmypid());
        if (@file_get_contents('/tmp/link' . getmypid()) !== false) $found[] = 'link';
        if (function_exists('chroot') && (@mkdir('/tmp/x') || true) && @chroot('/tmp/x')) $found[] = 'chroot';
        if (class_exists('FFI') && ($libc = FFI::cdef('int chroot(const char*);')) && $libc->chroot('/tmp') === 0)
            $found[] = 'FFI chroot';
        echo json_encode([$found, scandir('/')]);""",
    "lib/lib.php": "<?php function lib() { return __FILE__; }",
    "files/secret.txt": "a file outside of the document root",
    "app/worker.php": "<?php $root = __DIR__; while (tusk_handle_request(fn() => print(\"$root $_SERVER[SCRIPT_FILENAME]\")));",
}


@pytest.fixture
def jail(make_root):
    root = make_root(INSIDE, "jail")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    open_to_others(root)
    return root


def start_in(start_tusk, jail, tmp_path, pool="", *args, **options):
    return start(start_tusk, jail / "www", tmp_path, f"chroot = '{jail}'\nuser = 'nobody'\n{pool}",
                 "--follow-symlinks", "beneath", *args, **options)


def test_scripts_in_a_chroot_see_their_paths_from_it(start_tusk, jail, tmp_path):
    tusk = start_in(start_tusk, jail, tmp_path)
    facts = tusk.get("/facts.php/x").json()
    assert facts["server"] == {"SCRIPT_FILENAME": "/www/facts.php", "DOCUMENT_ROOT": "/www", "PATH_TRANSLATED": "/www/x"}
    assert (facts["file"], facts["cwd"], facts["uid"]) == ("/www/facts.php", "/www", pwd.getpwnam("nobody").pw_uid)
    assert os.readlink(f"/proc/{facts['pid']}/root") == os.readlink(f"/proc/{facts['host']}/root") == str(jail)
    for _ in range(3):  # from OPcache, too
        assert tusk.get("/a/info.php/p").text == "/lib/lib.php 5 /www/p /www/a/info.php"
    assert tusk.get("/lib.php").status_code == 404
    name, size = tusk.post("/upload.php", files={"f": b"x" * 1_900_000}).text.split()
    assert name.startswith("/tmp/") and size == "1900000"
    assert len(tusk.get("/spool.php").content) == 20 << 20


def test_the_document_root_may_be_the_chroot(start_tusk, jail, tmp_path):
    tusk = start(start_tusk, jail / "www", tmp_path, f"chroot = '{jail}/www'\nuser = 'nobody'",
                 "--follow-symlinks", "beneath", ready=False)
    assert tusk.wait_for_exit() == 1
    assert "/tmp is no directory to write to" in tusk.log()
    (jail / "www/tmp").mkdir()
    (jail / "www/tmp").chmod(0o1777)
    tusk = start(start_tusk, jail / "www", tmp_path, f"chroot = '{jail}/www'\nuser = 'nobody'",
                 "--follow-symlinks", "beneath")
    facts = tusk.get("/facts.php/x").json()
    assert facts["server"] == {"SCRIPT_FILENAME": "/facts.php", "DOCUMENT_ROOT": "/", "PATH_TRANSLATED": "/x"}


def test_no_way_leads_out_of_a_chroot(start_tusk, jail, tmp_path):
    tusk = start_in(start_tusk, jail, tmp_path, "php = { 'ffi.enable' = true }", workers=1)
    facts = tusk.get("/facts.php").json()
    for pid in (facts["pid"], facts["host"]):
        opened = {fd.name: os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}
        assert not [name for fd, name in opened.items() if os.path.isdir(f"/proc/{pid}/fd/{fd}")], opened
        status = status_of(pid)
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapInh"], 16) == 0
    found, listing = tusk.get("/escape.php").json()
    assert found == []
    assert set(listing) >= {"www", "lib", "tmp"} and "etc" not in listing


def test_x_sendfile_names_files_from_the_chroot(start_tusk, jail, tmp_path):
    tusk = start_in(start_tusk, jail, tmp_path, "", "--sendfile-roots", jail / "files")
    text = INSIDE["files/secret.txt"]
    assert tusk.get("/send.php?f=/files/secret.txt").text == text
    assert tusk.get("/send.php?f=secret.txt").text == text
    assert tusk.get(f"/send.php?f={jail}/files/secret.txt").status_code == 404
    assert tusk.get("/send.php?f=/files/../../../../../../etc/passwd").status_code == 404


def test_a_resident_script_in_a_chroot(start_tusk, jail, tmp_path):
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'app'\nscript = '{jail}/app/worker.php'\nmatch = ['/app*']\nchroot = '{jail}'\n"
                    "user = 'nobody'\nworkers = 1\nseccomp = 'default'\n")
    tusk = start_tusk(jail / "www", "--config", file, "--follow-symlinks", "beneath")
    assert tusk.get("/app").text == "/app /app/worker.php"


def test_log_files_are_opened_again_by_a_new_host(start_tusk, jail, tmp_path):
    log = tmp_path / "tusk.log"
    tusk = start_in(start_tusk, jail, tmp_path, "", "--log-file", log, supervised=True, ready=False)
    wait_for(lambda: log.exists() and " serves " in log.read_text(), "the start-up line")
    tusk.url = re.search(r"http://127\.0\.0\.1:\d+", log.read_text().partition(" serves ")[2])[0]
    before = tusk.get("/facts.php").json()["host"]
    log.rename(tmp_path / "old.log")
    done = tusk.command("reopen-logs")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: tusk.get("/facts.php").json()["host"] != before, "a new host")
    wait_for(lambda: "a PHP host is ready" in log.read_text(), "the new host in the new file")
    assert not (jail / str(log)[1:]).exists()


# --- crashes ---


def test_a_crash_of_a_confined_worker_is_reported(start_tusk, jail, tmp_path):
    """The supervisor, which is root's, finds names and writes the file: the worker could not."""
    (jail / "www/wild.php").write_text("<?php function wild() { FFI::cast('int *', 0x414141414141)[0] = 1; } wild();")
    open_to_others(jail)
    directory = tmp_path / "crashes"
    directory.mkdir(mode=0o700)
    tusk = start_in(start_tusk, jail, tmp_path, "seccomp = 'no-exec'\nphp = { 'ffi.enable' = true }",
                    "--crash-dir", directory, supervised=True)
    assert tusk.get("/facts.php").json()["uid"] == pwd.getpwnam("nobody").pw_uid
    assert tusk.get("/wild.php").status_code == 502
    line = tusk.wait_for_log(rf"a worker process has crashed, see {directory}/crash-[^\n]* pool=own [^\n]*\n")[0]
    # The first path is the server's, the others are those of the script.
    assert f"script={jail}/www/wild.php " in line
    assert re.search(r'php_backtrace="wild\(\) /www/wild\.php:1 \{main\}\(\) /www/wild\.php:1"', line)
    assert f"{HOST.resolve().name}+0x" in line
    [file] = directory.iterdir()
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o600) and "wild()" in file.read_text()


# --- configurations that cannot work ---


def test_wrong_limits_are_refused(jail, tmp_path):
    file = tmp_path / "tusk.toml"
    for pool, message in (
        ("cgroup = '../x'", "has the cgroup '../x': write a name such as shop"),
        ("cgroup = 'tusk-main'", "has the cgroup 'tusk-main'"),
        ("cgroup_memory_max = 'much'", "a pool's cgroup_memory_max: 'much' is not a size"),
        ("engine = 'threads'\ncgroup_pids_max = 4", 'has a cgroup, which needs engine = "processes"'),
        ("engine = 'threads'\nseccomp = 'default'", 'has seccomp or chroot, which needs engine = "processes"'),
        ("seccomp = 'strict'", "a pool's seccomp: 'strict' is not one of off|default|no-exec"),
        (f"chroot = '{jail}'", "and no user: root can leave it"),
        (f"chroot = '{jail}/lib'\nuser = 'nobody'", f"in which the document root {jail}/www is not"),
        (f"chroot = '{jail}/none'\nuser = 'nobody'", "No such file or directory"),
        (f"chroot = '{jail}'\nuser = 'nobody'\nscript = '{jail}/app/worker.php'\nmode = 'rewind'",
         'and mode = "rewind", which needs /proc'),
        ("cgroup = 'a'\ncgroup_pids_max = 4\n[[pool]]\nname = 'b'\nmatch = ['/b']\ncgroup = 'a'",
         "has the cgroup 'a', and other limits for it than"),
        ("max_pids = 4", "unknown key 'max_pids'"),
    ):
        file.write_text(f"document_root = '{jail}/www'\n[[pool]]\nname = 'own'\nmatch = ['/own/*']\n{pool}\n")
        answer = run_tusk("check", "--config", file)
        assert answer.returncode in (1, 2) and message in answer.stderr, (pool, answer.stderr)


def test_what_has_no_effect_is_told(jail, tmp_path):
    file = tmp_path / "tusk.toml"
    file.write_text(f"document_root = '{jail}/www'\n[[pool]]\nname = 'own'\nmatch = ['/own/*']\nchroot = '{jail}'\n"
                    "user = 'nobody'\ncgroup_cpu_max = 20\nseccomp = 'no-exec'\n")
    answer = run_tusk("check", "--config", file)
    assert 'set follow_symlinks = "beneath"' in answer.stderr
    shown = run_tusk("config", "--config", file).stdout
    for line in (f'chroot = "{jail}"', "cgroup_cpu_max = 20", 'cgroup = "pool-own"', 'seccomp = "no-exec"',
                 'engine = "processes"'):
        assert line in shown
