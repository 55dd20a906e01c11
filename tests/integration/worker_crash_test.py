"""A worker process that crashes leaves a report to the server, as a server process does to its supervisor:
the request, PHP's backtrace, the native functions with their names, and a file in crash_dir."""

import json
import re
import stat

import pytest

from harness.server import sanitizer
from harness.worker_processes import HOST

pytestmark = [
    pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}"),
    pytest.mark.skipif(bool(sanitizer()), reason="the sanitizers have their own signal handlers"),
]

CRASHED = "a worker process has crashed"

SITE = {
    "crash.php": """<?php
function inner(string $do) {
    $c = FFI::cdef('void abort(void); long syscall(long, ...); void *memset(void *, int, size_t);');
    switch ($do) {
        case 'wild':
            FFI::cast('int *', 0x414141414141)[0] = 1; // wild
        case 'abort':
            $c->abort(); // abort
        case 'forge':
            foreach (file('/proc/self/maps') as $line)
                if (preg_match('~-([0-9a-f]+) rw-s .*memfd:tusk-worker~', $line, $found)) $end = hexdec($found[1]);
            $c->memset(FFI::cast('char *', $end - 65536), 0x1b, 65536);
            $c->syscall(php_uname('m') === 'aarch64' ? 129 : 62, getmypid(), 9); // kill()
    }
}
class Pdf { static function write(string $do) {
    inner($do); // write
} }
function handle() {
    isset($_GET['do']) ? Pdf::write($_GET['do']) : print(getmypid()); // handle
}
""",
    "plain.php": "<?php require 'crash.php'; handle();",
    "resident.php": "<?php require 'crash.php'; while (tusk_handle_request(fn () => handle()));",
    "boot.php": "<?php require 'crash.php';\nif (!file_exists(getenv('MENDED'))) Pdf::write('wild');\n"
                "while (tusk_handle_request(fn () => handle()));",
}


def line_of(comment: str) -> int:
    lines = SITE["crash.php"].splitlines()
    return 1 + next(number for number, line in enumerate(lines) if line.endswith("// " + comment))


@pytest.fixture
def start(start_tusk, make_root):
    def start(mode, *args, script="resident.php", **options):
        root = make_root(SITE)
        resident = () if mode == "plain" else ("--resident", root / script, "--resident-mode", mode,
                                               "--resident-workers", 1)
        tusk = start_tusk(
            root, "--engine", "processes", "--workers", 1, "-d", "ffi.enable=true", "--log-format", "json",
            # One client causes all crashes here.
            "--max-lost-workers", 4, "--lost-workers-per-client", 1000, *resident, *args,
            **({"supervised": True} | options))  # fmt: skip
        tusk.page = "/plain.php" if mode == "plain" else f"/{script}"
        return tusk

    return start


def next_line(tusk, message: str, since: int = 0) -> dict:
    return json.loads(tusk.wait_for_log(rf'\{{[^\n]*"message":"{message}[^\n]*\n', since)[0])


def crash(tusk, do: str) -> dict:
    since = tusk.log_size()
    assert tusk.get(f"{tusk.page}/more?do={do}&password=secret").status_code == 502
    return next_line(tusk, CRASHED, since)


@pytest.mark.parametrize("mode", ["plain", "resident", "rewind"])
def test_a_report_names_the_request_and_where_php_was(start, tmp_path, mode):
    directory = tmp_path / "crashes"
    directory.mkdir()
    tusk = start(mode, "--crash-dir", directory)
    number_of_worker = 0 if mode == "plain" else 1  # that of the pool `default` is 0
    for do, cause, number in (("wild", "SIGSEGV", "SEGV"), ("abort", r"abort()", "ABRT")):
        pid = int(tusk.get(tusk.page).text)
        report = crash(tusk, do)
        assert (report["level"], report["generation"], report["worker"]) == ("error", 1, number_of_worker)
        assert (report["pid"], report["tid"], report["cause"]) == (pid, pid, cause)
        assert report["thread"] == f"tusk-worker-{number_of_worker}"
        assert (report["method"], report["path"]) == ("GET", f"{tusk.page}/more")
        assert report["script"].endswith(tusk.page) and re.fullmatch(r"\w{32}", report["request_id"])

        file = report["script"].replace(tusk.page, "/crash.php")
        assert report["at"] == f"{file}:{line_of(do)}"
        functions = f"inner() {file}:{line_of(do)} Pdf::write() {file}:{line_of('write')} handle() {file}:{line_of('handle')} "
        before, found, after = report["php_backtrace"].partition(functions)
        assert found and after.startswith("{main}() " if mode == "plain" else "{closure"), report["php_backtrace"]
        assert "{main}()" not in before

        # As addr2line wants it: the file that was executed, and no other program's.
        host = re.escape(HOST.resolve().name)
        assert re.search(rf"(^| ){host}\+0x[0-9a-f]+ \([^)]*tusk::", report["backtrace"])
        assert not re.search(r"(^| )tusk\+0x", report["backtrace"])

        [path] = directory.glob(f"crash-*-{pid}.txt")
        assert str(path) in report["message"] and stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        assert f"ended by signal SIG{number}" in text and report["request_id"] in text
        assert f"inner() {file}:{line_of(do)}" in text and "Requests that ran" not in text
        assert re.search(rf"[0-9a-f]{{40}} /\S*/{host}$", text, re.M)
        assert "secret" not in text and "secret" not in json.dumps(report)
    assert len(list(directory.iterdir())) == 2
    assert tusk.get(tusk.page).status_code == 200


def test_a_crash_of_a_boot_has_a_backtrace(start, tmp_path):
    """No request runs. A worker process has crashed, or, of a rewound pool, its host."""
    mended = tmp_path / "mended"
    for mode, message in (("resident", CRASHED), ("rewind", "the process crashes")):
        tusk = start(mode, script="boot.php", ready=False, env={"MENDED": mended})
        report = next_line(tusk, message)
        assert report["cause"] == "SIGSEGV" and report["at"].endswith(f"/crash.php:{line_of('wild')}")
        assert re.match(r"inner\(\) \S+:\d+ Pdf::write\(\) \S+:\d+ \{main\}\(\) \S+/boot\.php:2", report["php_backtrace"])
        assert HOST.resolve().name + "+0x" in report["backtrace"] and " tusk+0x" not in report["backtrace"]
        mended.touch()
        tusk.wait_for_log(" serves ")
        tusk.stop()
        mended.unlink()


@pytest.mark.parametrize("mode", ["plain", "resident", "rewind"])
def test_a_worker_may_write_anything_into_its_record(start, tmp_path, mode):
    """What it claims is limited and escaped, and it cannot claim another request than its own."""
    directory = tmp_path / "crashes"
    directory.mkdir()
    tusk = start(mode, "--crash-dir", directory)
    report = crash(tusk, "forge")
    assert "request" not in report and "path" not in report
    assert "\x1b" in report["cause"] and "\x1b" not in tusk.log()
    [path] = directory.iterdir()
    assert "\x1b" not in path.read_text() and "ended by signal SIGKILL" in path.read_text()
    assert len(path.read_text()) < 500_000
    assert tusk.get(tusk.page).status_code == 200


def test_a_script_that_always_crashes_makes_few_files(start, tmp_path):
    """No processor is kept busy with reports, and they do not replace all others at once."""
    directory = tmp_path / "crashes"
    directory.mkdir()
    tusk = start("plain", "--crash-dir", directory)
    for _ in range(8):
        assert "no_report" not in crash(tusk, "abort")
    for _ in range(3):
        report = crash(tusk, "abort")
        assert report["no_report"] == "there were 8 within a minute" and report["message"] == CRASHED
        assert "Pdf::write()" in report["php_backtrace"] and "+0x" in report["backtrace"]
    assert len(list(directory.iterdir())) == 8


def test_a_directory_that_cannot_be_written_to_is_told_of(start, tmp_path):
    directory = tmp_path / "crashes"
    directory.mkdir()
    tusk = start("plain", "--crash-dir", directory)
    directory.rmdir()
    report = crash(tusk, "wild")
    assert report["message"] == CRASHED and "Pdf::write()" in report["php_backtrace"]
    tusk.wait_for_log(rf"cannot write {directory}/crash-")


def test_without_a_supervisor_the_log_has_the_report(start, tmp_path):
    tusk = start("plain", "--crash-dir", tmp_path, supervised=False)
    report = crash(tusk, "wild")
    assert report["no_report"] == "there is no supervisor" and "Pdf::write()" in report["php_backtrace"]
    assert not list(tmp_path.glob("crash-*"))
