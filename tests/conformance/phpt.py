#!/usr/bin/python3
"""Runs php-src's own tests (.phpt) through tusk over HTTP, and tests that fail there through PHP-FPM of
the same build: a test that fails under both in the same way is not tusk's fault.

    make conformance-php                                   the folders in FOLDERS
    tests/conformance/phpt.py --source DIR tests/output    these only

Each test's FILE becomes a script in a copy of its folder, is requested with its GET, POST, COOKIE and
HEADERS from a server with its INI, and the answer is compared with EXPECT, EXPECTF or EXPECTREGEX.
Tests with the same INI share a server. Tests that need more than a web server has (ARGS, STDIN, ...) are left out."""

import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness.child import die_with_parent  # noqa: E402
from harness.php_build import fpm_program, php_program, php_version, scanned_ini  # noqa: E402
from harness.raw import ProtocolError, RawClient  # noqa: E402
from harness.server import Server, environment  # noqa: E402
from harness.wait import wait_for  # noqa: E402

FOLDERS = (
    "tests/basic tests/classes tests/func tests/lang tests/output tests/security tests/strings "
    "Zend/tests ext/session/tests ext/standard/tests ext/json/tests ext/pcre/tests ext/spl/tests "
    "ext/filter/tests ext/hash/tests ext/date/tests ext/mbstring/tests ext/ctype/tests "
    "ext/bcmath/tests ext/zlib/tests ext/opcache/tests"
).split()

# php-src's run-tests.php sets these for every test; here with the limits of a test under HTTP.
INI = {
    "output_handler": "",
    "open_basedir": "",
    "disable_functions": "",
    "output_buffering": "Off",
    "error_reporting": "32767",
    "display_errors": "1",
    "display_startup_errors": "1",
    "log_errors": "0",
    "html_errors": "0",
    "report_memleaks": "1",
    "docref_root": "",
    "docref_ext": ".html",
    "error_prepend_string": "",
    "error_append_string": "",
    "auto_prepend_file": "",
    "auto_append_file": "",
    "ignore_repeated_errors": "0",
    "precision": "14",
    "serialize_precision": "-1",
    "memory_limit": "128M",
    "opcache.file_update_protection": "0",
    "opcache.revalidate_freq": "0",
    "zend.assertions": "1",
    "zend.exception_ignore_args": "0",
    "zend.exception_string_param_max_len": "15",
    "short_open_tag": "0",
    "max_execution_time": "30",
}

UNDERSTOOD = {
    *("TEST", "DESCRIPTION", "CREDITS", "CREDIT", "FILE", "FILEEOF", "FILE_EXTERNAL", "GET", "POST"),
    *("POST_RAW", "PUT", "COOKIE", "INI", "EXTENSIONS", "SKIPIF", "CLEAN", "CONFLICTS", "EXPECT"),
    *("EXPECTF", "EXPECTREGEX", "EXPECT_EXTERNAL", "EXPECTF_EXTERNAL", "EXPECTHEADERS", "CGI"),
    *("WHITESPACE_SENSITIVE", "HEADERS", "FLAKY", "CAPTURE_STDIO"),
}


@dataclass(eq=False)
class Test:
    path: Path  # of the .phpt, in the copy
    name: str
    sections: dict
    ini: tuple = ()
    why_not: str = ""
    extensions: list = field(default_factory=list)

    @property
    def script(self) -> Path:
        return self.path.with_suffix(".php")

    def __str__(self):
        return self.name


def parse(path: Path, name: str) -> Test:
    sections, current = {}, None
    for line in path.read_bytes().splitlines(keepends=True):
        if match := re.match(rb"--([A-Z_]+)--\s*$", line):
            current = match[1].decode()
            sections[current] = b""
        elif current is not None:
            sections[current] += line
    for external in [s for s in sections if s.endswith("_EXTERNAL")]:
        file = path.parent / sections[external].decode().strip()
        sections[external.removesuffix("_EXTERNAL")] = file.read_bytes()
    if "FILEEOF" in sections:
        sections["FILE"] = re.sub(rb"\r?\n$", b"", sections["FILEEOF"])
    test = Test(path, name, sections)
    test.why_not = reason_to_leave_out(test)
    text = sections.get("INI", b"").replace(b"{PWD}", str(path.parent).encode())
    text = text.replace(b"{TMP}", tempfile.gettempdir().encode()).decode("utf-8", "replace")
    test.ini = ini_of(text)
    test.extensions = sections.get("EXTENSIONS", b"").decode().split()
    return test


def ini_of(text: str) -> tuple:
    """Returns the test's INI, without settings that tusk refuses (docs/scripts.md), and with
    what OPcache needs to run as root."""
    lines = [line.strip() for line in text.splitlines() if "=" in line and line[0] != ";"]
    names = {line.partition("=")[0].strip() for line in lines}
    if "opcache.preload" in names and "opcache.preload_user" not in names and os.geteuid() == 0:
        lines.append("opcache.preload_user=root")
    return tuple(line for line in lines if not line.startswith("opcache.protect_memory"))


def reason_to_leave_out(test: Test) -> str:
    if unknown := test.sections.keys() - UNDERSTOOD:
        return f"has {', '.join(sorted(unknown))}"
    if "FILE" not in test.sections:
        return "has no FILE"
    if "CAPTURE_STDIO" in test.sections and b"STDOUT" not in test.sections["CAPTURE_STDIO"]:
        return "captures stderr"
    return ""


# --- comparing ---

_PLACEHOLDERS = {
    b"%e": rb"/",
    b"%s": rb"[^\r\n]+",
    b"%S": rb"[^\r\n]*",
    b"%a": rb".+?",
    b"%A": rb".*?",
    b"%w": rb"\s*",
    b"%i": rb"[+-]?\d+",
    b"%d": rb"\d+",
    b"%x": rb"[0-9a-fA-F]+",
    b"%f": rb"[+-]?(?:\d+|(?=\.\d))(?:\.\d+)?(?:[Ee][+-]?\d+)?",
    b"%c": rb".",
    b"%0": rb"\x00",
}


def pattern_of(expected: bytes) -> bytes:
    result = b""
    for part in re.split(rb"(%r.*?%r|%[esSaAwidxfc0])", expected, flags=re.S):
        if part.startswith(b"%r") and part.endswith(b"%r") and len(part) >= 4:
            result += b"(?:" + part[2:-2] + b")"
        else:
            result += _PLACEHOLDERS.get(part) or re.escape(part)
    return result


def plain(text: bytes, exact: bool) -> bytes:
    text = text.replace(b"\r\n", b"\n")
    return text if exact else text.strip()


def is_expected(test: Test, output: bytes, headers: dict) -> bool:
    exact = "WHITESPACE_SENSITIVE" in test.sections
    output = plain(output, exact)
    for line in test.sections.get("EXPECTHEADERS", b"").decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.partition(":")
        if line.strip() and value.strip() not in headers.get(name.strip().lower(), []):
            return False
    for kind in ("EXPECT", "EXPECTF", "EXPECTREGEX"):
        if kind not in test.sections:
            continue
        expected = plain(test.sections[kind], exact)
        if kind == "EXPECT":
            return output == expected
        pattern = expected if kind == "EXPECTREGEX" else pattern_of(expected)
        try:
            return re.match(rb"(?:" + pattern + rb")\Z", output, re.S) is not None
        except re.error:
            return False
    return False


# --- requests ---


def request_of(test: Test) -> tuple:
    """Returns method, query, headers and body."""
    headers, body, method = {}, b"", "GET"
    query = test.sections.get("GET", b"").decode("utf-8", "surrogateescape").strip()
    if cookie := test.sections.get("COOKIE", b"").decode("utf-8", "surrogateescape").strip():
        headers["Cookie"] = cookie
    for line in test.sections.get("HEADERS", b"").decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.partition(":" if ":" in line else "=")
        if name.strip():
            headers[name.strip()] = value.strip()
    if "POST" in test.sections:
        method, body = "POST", test.sections["POST"].strip()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    for kind in ("POST_RAW", "PUT"):
        if kind in test.sections:
            method, lines = "POST" if kind == "POST_RAW" else "PUT", []
            for line in test.sections[kind].splitlines(keepends=True):
                match = re.match(rb"Content-Type:(.*)", line, re.I)
                if match and "Content-Type" not in headers:
                    headers["Content-Type"] = match[1].decode("utf-8", "surrogateescape").strip()
                else:
                    lines.append(line)
            body = b"".join(lines).strip()
    return method, query, headers, body


class Answer:
    def __init__(self, status: int, headers: dict, body: bytes):
        self.status, self.headers, self.body = status, headers, body


def ask_tusk(server: Server, root: Path, script: Path, request: tuple) -> Answer:
    method, query, headers, body = request
    target = "/" + str(script.relative_to(root)).replace(" ", "%20") + (f"?{query}" if query else "")
    connection = RawClient("127.0.0.1", server.port)
    try:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        response = connection.request(method, target, *lines, body=body).response()
        if response.status == 502:
            raise ProtocolError("the script's process has ended")
        fields = collections.defaultdict(list)
        for name, value in response.fields:
            fields[name].append(value)
        fields["status"].append(f"{response.status} {response.reason}")  # as CGI has it
        return Answer(response.status, fields, response.body)
    finally:
        connection.close()


class Fpm:
    """PHP-FPM on a unix socket, which is asked over FastCGI."""

    def __init__(self, program: Path, directory: Path, options: list):
        self._socket = str(directory / "fpm.sock")
        conf = directory / "fpm.conf"
        user = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
        conf.write_text(
            f"[global]\ndaemonize = no\nerror_log = {directory}/fpm.log\n[www]\nlisten = "
            f"{self._socket}\n{user}pm = static\npm.max_children = 2\nclear_env = no\n"
            "request_terminate_timeout = 20\n"
        )
        empty = directory / "php.ini"
        empty.touch()
        command = [program, "-F", "-y", conf, "-c", empty, *options, "-d", "zend_extension=opcache"]
        if os.geteuid() == 0:
            command.append("-R")
        self._output = open(directory / "output", "wb")
        self._process = subprocess.Popen(
            [str(word) for word in command],
            preexec_fn=die_with_parent,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            env=environment(test_environment() | scanned_ini()),
        )
        wait_for(self._listens, "FPM to listen")

    def _listens(self) -> bool:
        assert self._process.poll() is None, "FPM ended"
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self._socket) == 0

    def ask(self, root: Path, script: Path, request: tuple) -> Answer:
        method, query, headers, body = request
        name = "/" + str(script.relative_to(root))
        params = {
            "SCRIPT_FILENAME": str(script),
            "SCRIPT_NAME": name,
            "DOCUMENT_ROOT": str(root),
            "REQUEST_URI": name + (f"?{query}" if query else ""),
            "QUERY_STRING": query,
            "REQUEST_METHOD": method,
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1",
        }
        params |= {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in headers.items()}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(self._socket)
            pairs = b"".join(
                struct.pack(">II", len(k) | 1 << 31, len(v) | 1 << 31) + k + v
                for k, v in ((k.encode(), v.encode("utf-8", "surrogateescape")) for k, v in params.items())
            )
            connection.sendall(
                _record(1, struct.pack(">HB5x", 1, 0)) + _records(4, pairs) + _records(5, body)
            )
            output = _read_stdout(connection)
        head, _, content = output.partition(b"\r\n\r\n")
        fields, status = collections.defaultdict(list), 200
        for line in head.decode("utf-8", "surrogateescape").split("\r\n"):
            key, _, value = line.partition(":")
            fields[key.lower()].append(value.strip())
        if "status" in fields:
            status = int(fields["status"][0][:3])
        return Answer(status, fields, content)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._output.close()


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(data), 0) + data


def _records(kind: int, data: bytes) -> bytes:
    pieces = [data[i : i + 65000] for i in range(0, len(data), 65000)]
    return b"".join(_record(kind, piece) for piece in [*pieces, b""])


def _read_stdout(connection: socket.socket) -> bytes:
    stream, output = connection.makefile("rb"), b""
    while len(header := stream.read(8)) == 8:
        _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
        content = stream.read(length)
        stream.read(padding)
        if kind == 6:
            output += content
        elif kind == 3:
            break
    return output


# --- running ---


def test_environment() -> dict:
    php = php_program()
    return {
        "TEST_PHP_EXECUTABLE": php,
        "TEST_PHP_EXECUTABLE_ESCAPED": f"'{php}'",
        "TEST_PHP_CGI_EXECUTABLE": "",
        "TEST_PHP_EXTRA_ARGS": "-n",
        "NO_INTERACTION": "1",
        "SKIP_ONLINE_TESTS": "1",
        "SKIP_SLOW_TESTS": "1",
        "TZ": "",
        "TEMP": tempfile.gettempdir(),
    }


def ini_options(test_ini: tuple) -> list:
    """Returns -d options; a value that the parser of ini files would misread is quoted."""
    merged = dict(INI)
    for line in test_ini:
        name, _, value = line.partition("=")
        merged[name.strip()] = value.strip()
    options = []
    for name, value in merged.items():
        if value and not re.fullmatch(r'[\w.,:/+-]+|".*"|\d+ *[&|~].*', value):
            value = '"' + value.replace('"', '\\"') + '"'
        options += ["-d", f"{name}={value}"]
    return options


class Runner:
    def __init__(self, copy: Path, scratch: Path, fpm: bool):
        self.copy, self.scratch, self._fpm = copy, scratch, fpm
        self.results = {}  # test → (outcome, output)
        self._lock = threading.Lock()

    def run_group(self, ini: tuple, tests: list) -> None:
        directory = Path(tempfile.mkdtemp(prefix="server", dir=self.scratch))
        try:
            server, ask = self._start(ini, directory)
        except AssertionError as error:
            for test in tests:
                self.results[test] = ("no start", str(error).encode())
            return
        try:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                for test in [t for t in tests if "CONFLICTS" not in t.sections]:
                    pool.submit(self._run, test, ask)
            for test in [t for t in tests if "CONFLICTS" in t.sections]:
                self._run(test, ask)
        finally:
            try:
                server.stop()
            except AssertionError as error:
                print(f"THE SERVER of {ini or 'no INI'}: {str(error)[-2000:]}", flush=True)
            if isinstance(server, Server):
                server.kill()
        shutil.rmtree(directory, ignore_errors=True)

    def _start(self, ini: tuple, directory: Path):
        options = ini_options(ini)
        if self._fpm:
            server = Fpm(fpm_program(), directory, options)
            return server, lambda script, request: server.ask(self.copy, script, request)
        empty = directory / "php.ini"
        empty.touch()
        server = Server(
            self.copy,
            *("-c", empty, "--workers", 2, "--request-timeout", "20s", *options),
            directory=directory,
            env=test_environment(),
        )
        try:
            server.wait_until_ready()
        except BaseException:
            server.kill()
            raise
        return server, lambda script, request: ask_tusk(server, self.copy, script, request)

    def _run(self, test: Test, ask) -> None:
        try:
            outcome = self._outcome(test, ask)
        except (OSError, ProtocolError, AssertionError, ValueError) as error:
            outcome = ("no answer", repr(error).encode())
        with self._lock:
            self.results[test] = outcome

    def _outcome(self, test: Test, ask) -> tuple:
        if "SKIPIF" in test.sections:
            answer = self._side_script(test, "SKIPIF", "skip", ask)
            if re.match(rb"\s*(skip|xfail|nocache)", answer, re.I):
                return "skipped", answer
        if "FILE" in test.sections:
            test.script.write_bytes(test.sections["FILE"])
        answer = ask(test.script, request_of(test))
        good = is_expected(test, answer.body, answer.headers)
        if "CLEAN" in test.sections:
            self._side_script(test, "CLEAN", "clean", ask)
        if good:
            test.script.unlink(missing_ok=True)
        return ("passed" if good else "failed"), answer.body

    def _side_script(self, test: Test, section: str, suffix: str, ask) -> bytes:
        script = test.path.with_suffix(f".{suffix}.php")
        script.write_bytes(test.sections[section])
        body = ask(script, ("GET", "", {}, b"")).body
        script.unlink(missing_ok=True)
        return body

    def run(self, tests: list) -> dict:
        groups = collections.defaultdict(list)
        for test in tests:
            groups[test.ini].append(test)
        for number, (ini, group) in enumerate(groups.items(), 1):
            self.run_group(ini, group)
            if number % 50 == 0:
                print(f"  {number} of {len(groups)} groups", file=sys.stderr, flush=True)
        return self.results


def collect(source: Path, copy: Path, folders: list, pattern: str) -> list:
    for folder in folders:
        if not (copy / folder).exists():
            shutil.copytree(source / folder, copy / folder, symlinks=True)
    paths = {path for folder in folders for path in (copy / folder).rglob("*.phpt")}
    return [
        parse(path, str(path.relative_to(copy)))
        for path in sorted(paths)
        if re.search(pattern, str(path))
    ]


def downloaded_source() -> Path:
    """Unpacks the source that PHP was built from once more, because the build deletes its tests."""
    version = php_version()
    prefix = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
    tarballs = sorted((prefix / "downloads").glob(f"php{version}_*.orig.tar.*"), key=os.path.getmtime)
    tarballs = [tarball for tarball in tarballs if tarball.suffix != ".asc"]
    if not tarballs:
        sys.exit(f"no source of PHP {version} in {prefix}/downloads: run 'make php', or name one by --source")
    source = prefix / "php-tests" / tarballs[-1].name.partition(".orig")[0]
    if not source.is_dir():
        unpacking = source.with_suffix(".new")
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir(parents=True)
        subprocess.run(
            ["tar", "-xf", tarballs[-1], "-C", unpacking, "--strip-components=1"], check=True
        )
        unpacking.rename(source)
    return source


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folders", nargs="*", default=FOLDERS, metavar="FOLDER")
    parser.add_argument("--source", type=Path, help="unpacked sources of PHP (default: the sources "
                        "that `make php` downloaded)")
    parser.add_argument("--pattern", default="", help="only tests whose path contains this text")
    parser.add_argument("--known", type=Path, default=HERE / "phpt_known.txt",
                        help="file of tests that may differ from FPM, with reasons")
    parser.add_argument("--keep", type=Path, help="folder for the scripts and outputs of failed tests")
    options = parser.parse_args()
    options.source = options.source or downloaded_source()
    scratch = Path(tempfile.mkdtemp(prefix="tusk-phpt-"))
    copy = scratch / "php"
    try:
        return run(options, copy, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def known_differences(file: Path) -> set:
    lines = file.read_text().splitlines() if file.exists() else []
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def alike(one: bytes, other: bytes) -> bool:
    """Whether two texts are equal except for ids, numbers and temporary files: of sessions,
    processes, times, bytes in use, uploads."""
    numbers = rb"/tmp/php\w{6}|[0-9a-f]{16,}|\d+"
    return re.sub(numbers, b"N", one) == re.sub(numbers, b"N", other)


def run(options: argparse.Namespace, copy: Path, scratch: Path) -> int:
    tests = collect(options.source, copy, options.folders, options.pattern)
    runnable = [test for test in tests if not test.why_not]
    print(f"{len(tests)} tests, {len(runnable)} of them can be asked for over HTTP", flush=True)
    ours = Runner(copy, scratch, fpm=False).run(runnable)
    suspects = [t for t in runnable if ours[t][0] not in ("passed", "skipped")]
    # Run it once more in a fresh process, as FPM does: PHP keeps some state from request to
    # request, such as the garbage collector's threshold (gc_reset() does not reset it).
    ours |= Runner(copy, scratch, fpm=False).run(suspects)
    suspects = [t for t in suspects if ours[t][0] not in ("passed", "skipped")]
    print(f"{len(suspects)} not as expected; asking FPM for these", flush=True)
    theirs = Runner(copy, scratch, fpm=True).run(suspects)
    both, different = [], []
    for test in suspects:
        outcomes = {ours[test][0], theirs[test][0]}
        # A script that crashes its process gets no answer from FPM, and 502 from tusk.
        same = outcomes in ({"no start"}, {"no answer"}) or (
            outcomes == {"failed"} and alike(ours[test][1], theirs[test][1])
        )
        (both if same else different).append(test)
    known = known_differences(options.known)
    new = [test for test in different if test.name not in known]
    for test in different:
        mark = "known" if test.name in known else "DIFFERS"
        print(f"{mark}: {test} (tusk: {ours[test][0]}, FPM: {theirs[test][0]})")
        if options.keep:
            target = options.keep / test.name.replace("/", "_")
            options.keep.mkdir(parents=True, exist_ok=True)
            target.with_suffix(".tusk").write_bytes(ours[test][1])
            target.with_suffix(".fpm").write_bytes(theirs[test][1])
            target.with_suffix(".phpt").write_bytes(test.path.read_bytes())
    counts = collections.Counter(outcome for outcome, _ in ours.values())
    print(
        f"tusk: {counts['passed']} passed, {counts['skipped']} skipped; {len(both)} fail under FPM "
        f"too; {len(different)} differ, {len(new)} of them not known"
    )
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
