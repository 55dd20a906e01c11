"""`tusk profile` and /profile: what the scripts of all server processes spend their time in."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import xml.dom.minidom
from contextlib import contextmanager
from pathlib import Path

import httpx
from harness.profiles import read_folded, read_pprof, read_speedscope, share
from harness.raw import RawClient
from harness.server import PHP_SCRIPTS, TUSK, environment, run_tusk
from harness.tracing import Frozen
from harness.wait import PATIENCE_S, wait_for

SCRIPT = PHP_SCRIPTS / "profile.php"
MAIN = f"{{main}} {SCRIPT}"
WAITS = "[waits in clock_nanosleep]"


@contextmanager
def load(server, path: str = "/profile.php?rounds=300000", clients: int = 2):
    """Clients that ask for the path again and again. Connections are new, so that both of two
    processes get some."""
    done = threading.Event()

    def ask():
        while not done.is_set():
            try:
                httpx.get(server.url + path, timeout=60, trust_env=False)
            except httpx.TransportError:
                pass  # a test has ended a process

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def start_profile(server, *arguments, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [TUSK, "profile", "--control-socket", server.control_socket, *map(str, arguments)],
        env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, **options)


def sampler_runs(pid: int) -> bool:
    names = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has just ended
            names.append((task / "comm").read_text().strip())
    return "tusk-profiler" in names


def test_every_format_of_the_page(start_tusk):
    """Functions and waits, wall-clock and CPU time apart, without queries; wrong queries; a second
    profile meanwhile; nothing remains."""
    server = start_tusk(PHP_SCRIPTS, "--workers", 2)
    with load(server, "/profile.php?rounds=300000&secret=S3CR3T"):
        answers = {name: server.admin(f"/profile?seconds=1&format={name}")
                   for name in ("folded", "folded&clock=cpu", "speedscope", "pprof", "flamegraph")}
    for answer in answers.values():
        assert answer.status_code == 200
        assert b"S3CR3T" not in answer.content
        assert answer.headers["content-disposition"].startswith('inline; filename="tusk-profile-')
    wall = read_folded(answers["folded"].text)
    assert share(wall, "f") > share(wall, "g") > 0
    for function in "f", "g":
        assert wall[MAIN, function, "work_and_wait", "compute"] > 0
        assert wall[MAIN, function, "work_and_wait", "usleep", WAITS] > 0
    cpu = read_folded(answers["folded&clock=cpu"].text)
    assert share(cpu, "f") > share(cpu, "g") > 0
    assert share(cpu, "compute") > share(cpu, "usleep") and not share(cpu, WAITS)

    clocks = read_speedscope(answers["speedscope"].json())
    for wall, cpu in (clocks, read_pprof(answers["pprof"].content)):
        names = [{name.partition(":")[0] for stack in clock for name in stack} for clock in (wall, cpu)]
        assert {"f", "g", "compute", "usleep", WAITS} <= names[0] and WAITS not in names[1]
        assert 0 < cpu.total() < wall.total()
    lines = {name for stack in read_pprof(answers["pprof"].content)[0] for name in stack}
    assert any(name.startswith("f:") and int(name[2:]) > 0 for name in lines)

    check_flame_graph(answers["flamegraph"])
    check_refusals(server)
    assert not sampler_runs(server.pid)


def check_flame_graph(answer):
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    page = xml.dom.minidom.parseString(answer.text)
    charts = [svg for svg in page.getElementsByTagName("svg") if "chart" in svg.getAttribute("class")]
    assert [svg.getAttribute("class") for svg in charts] == ["chart wall", "chart cpu"]
    labels = [{text.firstChild.data for text in svg.getElementsByTagName("text")} for svg in charts]
    assert {"f", "g", MAIN, WAITS} <= labels[0] and {"f", "g"} <= labels[1]
    for element in page.getElementsByTagName("*"):
        assert not {"src", "href", "style", "onclick"} & set(element.attributes.keys())


def check_refusals(server):
    for query, message in (("seconds=0", "seconds: must be a number from 0.1 to 3600"),
                           ("seconds=1&format=gif", "format: there are flamegraph, speedscope"),
                           ("seconds=1&path=%5B", "path: "), ("colour=red", "unknown parameter"),
                           ("pool=web", "pool: no pool has that name; there are: default\n"),
                           ("clock=sun", "clock: there are wall and cpu")):
        answer = server.admin(f"/profile?{query}")
        assert (answer.status_code, message in answer.text) == (400, True), answer.text
    for method in ("HEAD", "POST"):
        answer = server.admin("/profile", method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    client = RawClient("127.0.0.1", int(server.admin_url.rpartition(":")[2]))
    client.request("GET", "/profile?seconds=600&format=folded")
    wait_for(lambda: sampler_runs(server.pid), "the profile to begin")
    busy = server.admin("/profile?seconds=1")
    assert busy.status_code == 409 and "another profile is being taken" in busy.text
    assert 0 < int(busy.headers["retry-after"]) <= 600
    client.close()  # whoever asked has left: the profile ends
    wait_for(lambda: not sampler_runs(server.pid), "the profile to end")


def test_the_command_merges_all_processes(start_tusk, tmp_path):
    """The format by the file's name, filters, Ctrl-C, a process that is stopped, a drain."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--processes", 2, internal="off", supervised=True)
    wait_for(lambda: "2 server processes" in tusk.command(
        "profile", "--seconds", "0.1", "-o", tmp_path / "first.html").stderr, "both to serve")
    with load(tusk, clients=6):
        done = tusk.command("profile", "--seconds", "1", "-o", tmp_path / "a.speedscope.json")
        assert done.returncode == 0 and done.stdout == f"{tmp_path}/a.speedscope.json\n"
        assert "samples of 2 server processes" in done.stderr
        wall, cpu = read_speedscope(json.loads((tmp_path / "a.speedscope.json").read_text()))
        assert share(wall, "f") > share(wall, "g") > 0 and share(cpu, "compute") > 0

        # The standard output is no terminal.
        for filters, is_empty in ((["--path", "/profile.*"], False), (["--path", "/other/**"], True),
                                  (["--script", "profile.php"], False), (["--script", "/x/**"], True)):
            done = tusk.command("profile", "--seconds", "0.5", "--format", "folded", *filters)
            assert (done.returncode, done.stdout == "") == (0, is_empty), done

        one, other = tusk.server_pids()
        early = start_profile(tusk, "--seconds", 600, "--format", "folded")
        wait_for(lambda: sampler_runs(one) and sampler_runs(other), "the profile to begin")
        early.send_signal(signal.SIGINT)
        out, err = early.communicate(timeout=PATIENCE_S)
        assert early.returncode == 0 and "2 server processes" in err, err

        with Frozen(other):
            done = tusk.command("profile", "--seconds", "0.5", "-o", tmp_path / "b.html")
        assert done.returncode == 0 and "samples of 1 server process," in done.stderr
        assert f"process {other} does not answer" in done.stderr
        assert f"process {other} does not answer" in (tmp_path / "b.html").read_text()


def test_a_reload_and_a_crash_in_the_middle(start_tusk, tmp_path):
    """What the old generation has measured, and what its successor does."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, supervised=True)
    with load(tusk):
        [old] = tusk.server_pids()
        profile = start_profile(tusk, "--seconds", 600, "-o", tmp_path / "a.folded")
        wait_for(lambda: sampler_runs(old), "the profile to begin")
        assert tusk.command("reload").returncode == 0
        new = wait_for(lambda: next((p for p in tusk.server_pids() if p != old), None), "the new one")
        wait_for(lambda: sampler_runs(new), "the successor to be profiled")
        os.kill(new, signal.SIGKILL)
        third = wait_for(lambda: next((p for p in tusk.server_pids() if p not in (old, new)), None),
                         "the third one")
        wait_for(lambda: sampler_runs(third), "its successor to be profiled")
        profile.send_signal(signal.SIGINT)
        out, err = profile.communicate(timeout=PATIENCE_S)
    assert profile.returncode == 0, err
    assert f"process {old} " not in err, "a reload is no reason for a warning"
    assert f"process {new} has ended without an answer" in err
    assert "2 server processes" in err and out == f"{tmp_path}/a.folded\n"


def test_wrong_use_and_nobody_there(start_tusk, tmp_path):
    for arguments, message in (
        (["--seconds", "soon"], "--seconds soon: must be a number from 0.1 to 3600"),
        (["--seconds"], "--seconds needs a value"),
        (["--format", "gif"], "--format gif: there are flamegraph"),
        (["--pool", ""], "--pool needs a value"),
        (["now"], "unexpected argument 'now'"),
        (["--json"], "--json does not belong to tusk profile"),
    ):
        done = run_tusk("profile", *arguments)
        assert (done.returncode, message in done.stderr) == (2, True), done
    assert "--seconds belongs to tusk profile" in run_tusk("status", "--seconds", "3").stderr
    assert "--pool belongs to tusk workers and tusk profile" in run_tusk("top", "--pool", "a").stderr
    nobody = ["--control-socket", tmp_path / "none", "-o", tmp_path / "out.html"]
    done = run_tusk("profile", *nobody)
    assert done.returncode == 1 and "tusk is not running" in done.stderr
    assert not (tmp_path / "out.html").exists()
    done = run_tusk("profile", "--control-socket", tmp_path / "none", "-o", tmp_path / "no/out")
    assert done.returncode == 1 and "cannot write" in done.stderr
    help_text = run_tusk("profile", "--help").stdout
    assert help_text.startswith("Usage: tusk profile [--seconds N]") and "--pool NAME" in help_text
    assert "\n  profile " in run_tusk("--help").stdout

    file = tmp_path / "tusk.toml"
    file.write_text("[[pool]]\nname = 'slow'\nmatch = ['/profile.php']\nworkers = 2\n")
    tusk = start_tusk(PHP_SCRIPTS, "--config", file, supervised=True)
    for option, message in (("--path=[", "path: "), (
            "--pool=web", "refuses: pool: no pool has that name; there are: default, slow")):
        done = tusk.command("profile", "--seconds", "0.1", option)
        assert done.returncode == 1 and message in done.stderr, done
        assert "nothing was measured" in done.stderr
    with load(tusk):
        for pool, is_empty in (("slow", False), ("default", True)):
            done = tusk.command("profile", "--seconds", "0.5", "--format", "folded", "--pool", pool)
            assert (done.returncode, done.stdout == "") == (0, is_empty), done
