"""Rows of beside_nginx.py: attacks from the network. Each function measures one server and
returns the result in a few words."""

import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from drills.attack import Bystander, SlowReaders, allow_descriptors
from drills.beside_nginx import Side, disk, memory
from drills.handshake_flood_test import Innocent
from harness.certificates import Authority
from harness.php_build import php_program
from harness.raw import RawClient
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S

MIB = 1 << 20


def p99(seconds: list) -> str:
    waits = sorted(seconds)
    if len(waits) < 100:
        return f"at most {1000 * waits[-1]:.0f} ms"
    return f"p99 {1000 * waits[int(len(waits) * 0.99)]:.0f} ms"


def slow_readers(side: Side, count=90, seconds=60) -> str:
    request = b"GET /output.php?mib=50 HTTP/1.1\r\nHost: a\r\n\r\n"
    with side.start({"output.php": (PHP_SCRIPTS / "output.php").read_text()}):
        with SlowReaders(side.port, request, count=count), Bystander(side.url) as innocent:
            most, until = 0, time.monotonic() + seconds
            while time.monotonic() < until:
                most = max(most, disk(side))
                time.sleep(0.5)
    failed = Counter(str(one)[:40] for one in innocent.failures)
    said = "".join(f" ({what})" for what, _ in failed.most_common(1))
    return (
        f"{len(innocent.failures)} of {len(innocent.seconds)} requests of others failed{said}, "
        f"{p99(innocent.seconds)}; {most / 1e9:.1f} GB of disk"
    )


def handshakes(side: Side) -> str:
    allow_descriptors(20_000)
    with side.directory() as keys:
        certificate = Authority(keys).issue("localhost", key="rsa")
        with (
            side.start(certificates=[certificate]),
            Innocent(side.port, fresh=False) as kept,
            Innocent(side.port, fresh=True) as fresh,
        ):
            flood = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("handshake_flood.py"), str(side.port),
                 "linger", "20000", "4000", "127.0.2.1"],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                assert flood.stdout.readline() == "begins\n"
                kept.seconds.clear()
                fresh.seconds.clear()
                rate = flood.communicate(timeout=120)[0].strip()
            finally:
                flood.kill()
                flood.wait()
    trouble = "; trouble: " + str(kept.trouble + fresh.trouble)[:80]
    waits = ", ".join(
        f"{name} {p99(one.seconds) if one.seconds else 'no answer'}"
        for name, one in (("open connection", kept), ("new ones", fresh))
    )
    return f"{waits} (at {rate})" + (trouble if kept.trouble or fresh.trouble else "")


def bodies(side: Side, count=60, size=9_000_000) -> str:
    flags = ["--body-memory-bytes", 20 * MIB, "--body-memory-total-bytes", 32 * MIB,
             "--body-timeout", "10m", "--body-min-rate", 0]  # fmt: skip
    most = "client_max_body_size 64m;"
    edits = [(most, f"{most} client_body_buffer_size 20m;")]
    with side.start(flags=flags, edits=edits):
        with RawClient("127.0.0.1", side.port) as one:
            assert one.get("/hello.php").status == 200
        before, clients = memory(side), []
        for _ in range(count):
            client = RawClient("127.0.0.1", side.port)
            clients.append(client)
            client.send(
                f"POST /hello.php HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode()
            )
            client.send(b"x" * (size - 1))
        most, until = 0, time.monotonic() + 1
        while time.monotonic() < until:
            if (now := memory(side)) > most:
                most, until = now, time.monotonic() + 1
        for client in clients:
            client.close()
    what = "no limit of all together" if side.is_nginx else "32 MiB allowed"
    return f"{(most - before) / MIB:.0f} MiB ({what})"


EVENTS = """<?php
if (isset($_GET['now'])) header('X-Accel-Buffering: no');
for ($i = 1; $i <= 3; $i++) { echo str_repeat((string) $i, 6); flush(); usleep(1500000); }
"""


def _first_events(side: Side, target: str) -> str:
    """Returns how much of the second event has arrived before the third is sent."""
    with RawClient("127.0.0.1", side.port) as client:
        began = time.monotonic()
        client.request("GET", target).head()
        while b"222222" not in client._buffer:
            client._buffer += client._receive(65536)
        if time.monotonic() - began > 2.5:
            return "nothing before the script ends"
        client._socket.settimeout(0.5)
        try:
            client._buffer += client._socket.recv(65536)
        except TimeoutError:
            pass
        whole = client._buffer.endswith(b"222222\r\n")
    return "whole at once" if whole else "its last two bytes come with the next"


def flushed(side: Side) -> str:
    with side.start({"events.php": EVENTS}):
        found = _first_events(side, "/events.php")
        if not side.is_nginx:
            return found
        return f"{found}; with X-Accel-Buffering: {_first_events(side, '/events.php?now=1')}"


PHP_UPLOAD = """
$c = curl_init($argv[1]);
curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_UPLOAD => true,
    CURLOPT_CUSTOMREQUEST => 'POST', CURLOPT_INFILE => fopen($argv[2], 'r'),
    CURLOPT_INFILESIZE => filesize($argv[2]), CURLOPT_HTTPHEADER => ['Expect:'],
    CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0, CURLOPT_TIMEOUT => 30,
    CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_2TLS]);
curl_exec($c);
echo curl_getinfo($c, CURLINFO_RESPONSE_CODE), ' error ', curl_errno($c);
"""


def early_error(side: Side) -> str:
    edits = [("client_max_body_size 64m;", "client_max_body_size 1m;")]
    with side.directory() as place:
        body = place / "body"
        body.write_bytes(b"x" * 150_000_000)
        certificate = Authority(place).issue("localhost")
        with side.start(
            flags=["--request-body-bytes", "1MiB"], edits=edits, certificates=[certificate]
        ):
            url = f"https://127.0.0.1:{side.port}/hello.php"
            curl = ["curl", "-sk", "--http2", "-H", "Expect:", "-o", "/dev/null", "--data-binary",
                    f"@{body}", "-w", "%{http_code} error %{exitcode}", url]  # fmt: skip
            php = [php_program(), "-r", PHP_UPLOAD, "--", url, body]
            parts = []
            for name, command in (("curl", curl), ("PHP", php)):
                seen = Counter(
                    subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
                    for _ in range(5)
                )
                said = ", ".join(f"{n} × {what}" for what, n in seen.most_common())
                parts.append(f"{name}: {said}")
    return "; ".join(parts).replace(" error 0", "").replace("000 error", "0 error")


def trailer(side: Side) -> str:
    with side.start(), RawClient("127.0.0.1", side.port) as client:
        client.send(
            b"POST /hello.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n"
        )
        return str(client.response().status)


def resumption(side: Side) -> str:
    """Uses the openssl program, which can present a session under any host name."""
    with side.directory() as place:
        authority = Authority(place)
        first, second = authority.issue("first.example"), authority.issue("second.example")
        other = (
            "  server {{\n    listen 127.0.0.1:{port} ssl; server_name second.example; "
            f"root {{root}}; ssl_certificate {second.chain}; ssl_certificate_key {second.key};\n"
            "  }}\n  server {{\n    listen"
        )
        edits = [

            ("server_name localhost", "server_name first.example"),
            ("  server {{\n    listen", other),
        ]
        with side.start(certificates=[first, second], edits=edits):
            found = []
            for version in ("1_2", "1_3"):
                session = place / f"session{version}"
                answers = []
                for name, what in (("first", "-sess_out"), ("second", "-sess_in")):
                    answers.append(
                        subprocess.run(
                            ["openssl", "s_client", "-connect", f"127.0.0.1:{side.port}",
                             f"-tls{version}", "-ign_eof", "-servername", f"{name}.example",
                             what, session],
                            input=f"GET /hello.php HTTP/1.1\r\nHost: {name}.example\r\n"
                            "Connection: close\r\n\r\n",
                            capture_output=True, text=True, timeout=PATIENCE_S,
                        ).stdout
                    )  # fmt: skip
                assert "New, TLSv" in answers[0] and session.exists(), answers[0][-2000:]
                resumed = "Reused, TLSv" in answers[1]
                served = " and served" if resumed and "HTTP/1.1 200" in answers[1] else ""
                shown = version.replace("_", ".")
                found.append(f"{shown}: {'resumed' + served if resumed else 'not resumed'}")
    return ", ".join(found)


# Like those of applications: each path has one name, without a trailing slash.
FRONT_CONTROLLER = """<?php
$path = $_SERVER['REQUEST_URI'];
if ($path !== rtrim($path, '/')) { header('Location: ' . rtrim($path, '/'), true, 301); exit; }
echo "front $path";
"""


def redirect(side: Side) -> str:
    edits = [("try_files $uri $uri/ =404", "try_files $uri $uri/ /index.php")]
    files = {"index.php": FRONT_CONTROLLER, "docs/a.txt": "a"}
    with side.start(files, flags=["--fallback", "/index.php"], edits=edits):
        target, seen = "/docs", []
        for _ in range(10):
            with RawClient("127.0.0.1", side.port) as client:
                answer = client.get(target)
            seen.append(str(answer.status))
            if answer.status not in (301, 302, 307, 308):
                text = answer.text if answer.status == 200 else ""
                return ", then ".join(seen) + (f": `{text}`" if text else "")
            target = re.sub("^https?://[^/]*", "", answer.header("location"))
    return "redirected without end"


ROWS = {
    "90 clients of one address read 50 MB at 1 byte/s": slow_readers,
    "ClientHellos from one process": handshakes,
    "60 posts of 9 MB, kept in memory up to 20 MiB each": bodies,
    "a flushed event reaches the client": flushed,
    "413 for 150 MB over HTTP/2": early_error,
    "Content-Length in a trailer": trailer,
    "a TLS session under another name": resumption,
    "/docs without an index, with a front controller": redirect,
}
