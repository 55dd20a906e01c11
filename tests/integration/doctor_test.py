"""`tusk doctor resident`: it starts a server for itself, sends requests, and names what they
leave."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.server import PHP_SCRIPTS, TUSK, environment, run_tusk
from harness.wait import PATIENCE_S, wait_for

ROOT = PHP_SCRIPTS / "resident_doctor"
OPTIONS = ("--root", ROOT, "--resident", ROOT / "app.php")


def examine(*args, env=None):
    """Runs the command, and expects that no process of it is left."""
    mark = f"TEST_MARK={os.getpid()}-{id(args)}"
    name, _, value = mark.partition("=")
    done = run_tusk("doctor", "resident", *args, env={name: value} | (env or {}))
    assert not processes_with(mark), done.stderr
    return done


def processes_with(mark: str) -> list:
    """The processes that have the variable."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
        except OSError:
            pass
    return found


def test_what_leaks_is_named(tmp_path):
    file = tmp_path / "left_open.txt"
    file.write_text("text")
    done = examine(
        *OPTIONS,
        *("--path", "/app.php?do=array", "--path", "/app.php?do=user&user=mary-secret"),
        *("--path", "POST /app.php?do=static a=b", "--path", "/app.php?do=file"),
        *("--path", "/app.php?do=transaction", "--path", "/app.php?do=service"),
        *("--path", "/app.php?do=user&user=jack-secret1", "--requests", 9),
        env={"TEST_FILE": file},
    )
    assert done.returncode == 1, done.stderr
    out = done.stdout
    assert "memory: " in out and "bytes more after each round of 7 requests" in out
    service, *_ = (line for line in out.splitlines() if "?do=service" in line)
    assert "status 200, memory +" in service and "memory +0 bytes" not in service
    assert "objects of Service: " in out
    assert "LastUser::$history: " in out.partition("becomes longer:")[2]
    assert "counted() $calls: int -> another int; after 9 of 63 requests: /app.php" in out
    assert f"file {file}" in out
    assert "transaction of MyPdo" in out
    assert "LastUser::$name" in out
    assert "secret" not in out.partition("It grows")[2]  # values are never shown


def test_a_clean_application_is_clean(tmp_path):
    done = examine(*OPTIONS, "--path", "/app.php", "--path", "HEAD /app.php")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 requests compared" in done.stdout and "Nothing was found." in done.stdout


def test_json_and_ignored_findings():
    args = (*OPTIONS, "--path", "/app.php?do=service", "--json", "--requests", 9)
    done = examine(*args)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    kinds = {finding["what"]: finding["kind"] for finding in report["findings"]}
    assert kinds["Registry->services"] == "longer" and kinds["memory in bytes"] == "grows"
    request, = report["requests"]
    assert request["statuses"] == {"200": 12} and request["memory_per_request"] > 0
    assert not report["clean"] and report["boots"] == 1

    done = examine(*args, "--ignore", "Registry->*", "--ignore", "memory*",
                   "--ignore", "objects of Service")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ignored"] == 3


def test_configured_servers_are_not_touched(start_tusk, make_root, tmp_path):
    """Addresses, certificates and log files of the configuration are not used, and a path goes to
    the pool that is named."""
    running = start_tusk(ROOT, ready=True)
    root = make_root({"a.php": "<?php while (tusk_handle_request(fn() => print('a')));",
                      "b.php": "<?php $answer = function () { static $all = ''; $all .= 'x'; "
                               "print($_COOKIE['c']); }; while (tusk_handle_request($answer));"})
    log = tmp_path / "log"
    file = tmp_path / "tusk.toml"
    file.write_text(f"""
listen = ["127.0.0.1:{running.port}"]
document_root = "{root}"
tls_self_signed = true
https_redirect = "308"
log_file = "{log}"
php_workers = 2
rate_limit = 1
[[pool]]
name = "a"
script = "{root}/a.php"
match = ["/a/**"]
[[pool]]
name = "b"
script = "{root}/b.php"
match = ["/b/**"]
workers = 3
""")
    done = examine("--config", file)
    assert done.returncode == 2 and "choose a pool with --pool: a, b" in done.stderr
    done = examine("--config", file, "--pool", "a", "--path", "/a/1")
    assert done.returncode == 0, done.stdout + done.stderr
    done = examine("--config", file, "--pool", "b", "--path", "/b/1", "--header", "Cookie: c=d")
    assert done.returncode == 1 and "$all" in done.stdout, done.stdout + done.stderr
    assert not log.exists()
    done = examine("--config", file, "--pool", "b", "--path", "/nothing")
    assert done.returncode == 2
    assert "has answered none of the requests" in done.stderr and "status 404" in done.stderr
    assert running.get("/nothing").status_code == 404


def test_an_application_that_does_not_boot(make_root):
    root = make_root({"index.php": "<?php throw new RuntimeException('no database');"})
    done = examine("--root", root, "--resident", root / "index.php")
    assert done.returncode == 2 and done.stdout == ""
    assert "does not boot: Uncaught RuntimeException: no database" in done.stderr
    done = examine("--root", root)
    assert done.returncode == 2 and "there is no resident script" in done.stderr


def test_a_script_that_fails_is_not_clean(make_root):
    root = make_root({"index.php": "<?php while (tusk_handle_request(function () {"
                                   "  if (isset($_GET['kill'])) exec('kill -9 ' . getmypid());"
                                   "  ini_set('memory_limit', '4M'); str_repeat('x', 5000000);"
                                   "}));"})
    done = examine("--root", root, "--resident", root / "index.php", "--requests", 9)
    assert done.returncode == 1
    assert "GET / has failed" in done.stdout and "Allowed memory size" in done.stdout
    done = examine("--root", root, "--resident", root / "index.php", "--path", "/?kill")
    assert done.returncode == 1 and "GET /?kill has failed" in done.stdout, done.stdout
    # The server process has ended, or a worker process.
    assert re.search(r"(was ended|has ended, .*: killed) by signal 9", done.stdout), done.stdout
    assert "1 request failed" in done.stdout and "Nothing was found" not in done.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "tusk doctor resident"),
        (("resident", "twice"), "unexpected argument 'twice'"),
        (("resident", "--path", "a"), "write /path"),
        (("resident", "--requests", "3"), "from 9 to"),
        (("resident", "--header", "Content-Length: 1"), "sets this header itself"),
        (("resident", "--nonsense"), "unknown option --nonsense"),
        (("resident", "--paths", "/nowhere"), "cannot read /nowhere"),
        (("resident", "--workers", "x"), "--workers"),
    ],
)
def test_mistakes(args, message):
    done = run_tusk("doctor", *args)
    assert done.returncode == 2 and done.stdout == ""
    assert message in done.stderr


def test_help():
    done = run_tusk("doctor", "resident", "--help")
    assert done.returncode == 0 and "--warm-up-requests N" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    assert "\n  doctor " in run_tusk("--help").stdout
    assert run_tusk("help", "doctor").stdout == done.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, "time limit"])
def test_it_ends_by_itself_and_leaves_no_process(how, make_root, tmp_path):
    """A signal or the time limit ends it in the middle of a request, and what the application has
    started ends with it."""
    began = tmp_path / "began"
    root = make_root({"index.php": f"<?php while (tusk_handle_request(function () {{"
                                   f"  proc_open(['sleep', '300'], [], $pipes);"
                                   f"  touch('{began}'); sleep(300);"
                                   f"}}));"})
    name = f"mark-{how}".replace(" ", "-")
    limit = ("--time-limit", "1s") if how == "time limit" else ()
    command = subprocess.Popen(
        [TUSK, "doctor", "resident", "--root", root, "--resident", root / "index.php", *limit],
        env=environment({"TEST_MARK": name}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    try:
        wait_for(began.exists, "the request to begin")
        if how != "time limit":
            command.send_signal(how)
        out, _ = command.communicate(timeout=PATIENCE_S)
    finally:
        command.kill()
    if how == signal.SIGINT:
        assert command.returncode == 130 and "ended early: by a signal" in out
    elif how == "time limit":
        assert command.returncode == 1 and "the time limit of 1s was over" in out
    remains = [line for line in processes_with(f"TEST_MARK={name}")
               # Nobody can end what an application has started when the command is killed.
               if not (how == signal.SIGKILL and line.startswith("sleep"))]
    assert not remains or wait_for(
        lambda: not [line for line in processes_with(f"TEST_MARK={name}") if "tusk" in line],
        "the server process to be gone")
