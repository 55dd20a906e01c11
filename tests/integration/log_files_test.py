"""Log files: opened again, cut, moved away and full; which requests are in the access log; the
journal's priorities."""

import os
import re
import signal

from harness.wait import wait_for

SCRIPTS = {
    "a.php": "<?php error_log(\"first\\nsecond\"); echo 'hello';",
    "fail.php": "<?php http_response_code(503); echo 'x';",
    "health/live.php": "<?php echo 'ok';",
    "style.css": "a {}",
}


def test_files_are_opened_again(start_tusk, make_root, tmp_path):
    """After SIGUSR1 the lines are in the new files; copytruncate needs no signal."""
    log, access = tmp_path / "tusk.log", tmp_path / "access.log"
    tusk = start_tusk(
        make_root(SCRIPTS), "--log-file", log, "--access-log", "--access-log-file", access,
        "--access-log-format", "$request_uri $status $php_time $memory_peak $cpu_time", ready=False,
    )
    wait_for(lambda: log.exists() and "serves" in log.read_text(), "the start-up line")
    assert log.stat().st_mode & 0o777 == 0o640 & ~current_umask()
    tusk.url = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
    assert tusk.get("/a.php").text == "hello"
    wait_for(lambda: "/a.php 200 " in access.read_text(), "the access line")
    line = access.read_text().split()
    assert 0 < float(line[2]) < 60 and int(line[3]) > 100_000 and 0 < float(line[4]) < 60
    wait_for(lambda: r"first\nsecond" in log.read_text(), "PHP's message, on one line")
    log.rename(tmp_path / "tusk.log.1")
    access.rename(tmp_path / "access.log.1")
    tusk.signal(signal.SIGUSR1)
    wait_for(access.exists, "the new file")
    tusk.get("/a.php?second")
    wait_for(lambda: "/a.php?second 200 " in access.read_text(), "a line in the new file")
    wait_for(lambda: log.exists() and "first" in log.read_text(), "a line in the new log")
    os.truncate(access, 0)
    tusk.get("/a.php?third")
    wait_for(lambda: access.read_text().startswith("/a.php?third 200 "), "a line at the beginning")
    assert tusk.log() == "", "nothing else is on stderr"


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_trouble_with_files_is_told_on_stderr(start_tusk, make_root, tmp_path):
    """A full disk and a directory that is gone disturb no request; lost lines are counted."""
    root = make_root(SCRIPTS)
    full = start_tusk(root, "--access-log", "--access-log-file", "/dev/full")
    assert full.get("/a.php").text == full.get("/a.php").text == "hello"
    full.wait_for_log("tusk: cannot write /dev/full: No space left on device; lines are lost")
    full.wait_for_metric(2, "tusk_log_lines_dropped_total")
    assert full.log().count("cannot write") == 1
    directory = tmp_path / "logs"
    directory.mkdir()
    tusk = start_tusk(root, "--access-log", "--access-log-file", directory / "access.log")
    directory.rename(tmp_path / "moved")
    tusk.signal(signal.SIGUSR1)
    tusk.wait_for_log("tusk: cannot open .*/logs/access.log: No such file or directory; the file that was")
    tusk.get("/a.php")
    wait_for(lambda: "/a.php" in (tmp_path / "moved/access.log").read_text(), "a line in the old file")


def test_after_the_command_no_line_goes_to_an_old_file(start_tusk, make_root, tmp_path):
    """So that a program may compress the old one at once."""
    path = tmp_path / "access.log"
    tusk = start_tusk(make_root(SCRIPTS), "--access-log", "--processes", 2, "--workers", 1,
                      "--access-log-file", path, supervised=True)
    for turn in range(20):
        path.rename(tmp_path / f"access.log.{turn}")
        assert tusk.command("reopen-logs").returncode == 0
        tusk.get(f"/a.php?after={turn}")
        wait_for(lambda: f"after={turn} " in path.read_text(), "a line in the new file")


def test_the_command_says_which_file_could_not_be_opened(start_tusk, make_root, tmp_path):
    """Both files, each once; the old ones are used on. Lines of several processes tell them apart."""
    directory = tmp_path / "logs"
    directory.mkdir()
    tusk = start_tusk(make_root(SCRIPTS), "--access-log", "--processes", 2, "--workers", 1,
                      "--access-log-file", directory / "access.log", "--log-file", directory / "tusk.log",
                      supervised=True, ready=False)
    shown = directory / "tusk.log"
    wait_for(lambda: shown.exists() and shown.read_text().count("serves") == 2, "two start-up lines")
    tusk.url = re.search(r"http://127\.0\.0\.1:\d+", shown.read_text())[0]
    assert tusk.command("reopen-logs").returncode == 0
    directory.rename(tmp_path / "moved")
    done = tusk.command("reopen-logs")
    assert (done.returncode, done.stdout) == (1, "")
    for name in ("access.log", "tusk.log"):
        assert done.stderr.count(f"cannot open {directory}/{name}: No such file or directory") == 1, done.stderr
    tusk.get("/a.php")
    wait_for(lambda: "/a.php" in (tmp_path / "moved/access.log").read_text(), "a line in the old file")
    pids = tusk.server_pids()
    tusk.process.terminate()
    assert tusk.wait_for_exit() == 0
    log = (tmp_path / "moved/tusk.log").read_text()
    assert log.count("2 processes with 1 worker each") == 2
    for pid in pids:
        assert f"reason=stop pid={pid} generation=1" in log and f"stopped pid={pid} generation=1" in log


def test_which_requests_are_logged(start_tusk, make_root):
    """Excluded paths and a sample of none leave only what has failed."""
    tusk = start_tusk(
        make_root(SCRIPTS), "--access-log", "--access-log-sample", "0", "--access-log-format", "common",
        "--access-log-slow", "1h",
    )
    for path in ("/a.php", "/style.css", "/missing", "/fail.php"):
        tusk.get(path)
    tusk.wait_for_access_log("fail.php")
    assert len(tusk.access_log().splitlines()) == 1
    excluding = start_tusk(
        make_root(SCRIPTS, "other"), "--access-log", "--access-log-exclude", "/health",
        "--access-log-exclude", "*.css", "--access-log-exclude", "/fail.php",
    )
    for path in ("/health/live.php", "/style.css", "/%68ealth/live.php", "/fail.php", "/a.php"):
        excluding.get(path)
    excluding.wait_for_access_log("a.php")
    assert re.findall(r'"GET (\S+)', excluding.access_log()) == ["/fail.php", "/a.php"]


def test_the_journal_gets_priorities(start_tusk, make_root, tmp_path):
    """Each line begins with its priority, whatever it contains."""
    tusk = start_tusk(make_root(SCRIPTS), "--log-priority-prefix", "on")
    tusk.get("/a.php")
    tusk.wait_for_log("first")
    lines = tusk.log().splitlines()
    assert all(re.match(r"<[3467]>\d{4}-", line) for line in lines), lines
    # Root, who runs tests in containers, is warned first.
    assert any(line.startswith("<6>") for line in lines), lines
