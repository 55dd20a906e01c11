"""Runs h2spec against the server: all of its cases, including the strict ones. `make conformance`
builds h2spec and runs this; H2SPEC names the program.

h2spec was written for RFC 7540 and 7541. If RFC 9113 has changed what a server must do, the case
is in EXCEPTIONS with its reason. An exception that passes fails the test, so that the list never
becomes stale."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from harness.server import PHP_SCRIPTS

# The names are those of h2spec's report.
EXCEPTIONS = {
    # The frame's contents have no meaning any more: RFC 9113 §5.3.2 has dropped these priorities,
    # its §6.3 requires nothing of them, and our settings say that they are not used (RFC 9218
    # §2.1).
    "Sends PRIORITY frame that depend on itself",
}
# Without TLS the port also speaks HTTP/1. Bytes that do not begin with the preface are an HTTP/1
# request, which is answered 400 (RFC 9112 §3); h2spec cannot read that as a frame. RFC 9113 §3.4 is
# about connections that are known to be HTTP/2, as with ALPN, and there the case passes.
CLEAR_TEXT_EXCEPTIONS = {"Sends invalid connection preface"}

GROUPS = ("generic", "hpack", "http2")


def failures(report) -> tuple:
    """Returns how many cases ran, and those that failed, from h2spec's JUnit report."""
    count, failed = 0, {}
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            count += 1
            trouble = case.find("failure")
            if trouble is None:
                trouble = case.find("error")
            if trouble is not None:
                failed[case.get("classname")] = (trouble.text or "").strip()
    return count, failed


def run(tmp_path, port: int, *arguments) -> tuple:
    """Runs every group; returns the number of cases and all failures."""
    report = tmp_path / "report.xml"
    command = [
        os.environ["H2SPEC"], *GROUPS, "-h", "127.0.0.1", "-p", str(port), "--strict",
        "--timeout", "5", "--junit-report", str(report), *arguments,
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert report.is_file(), result.stdout[-2000:] + result.stderr[-2000:]
    return failures(report)


@pytest.mark.parametrize("path", ["/hello.php", "/large.txt"])
def test_clear_text(start_tusk, make_root, tmp_path, path):
    """With prior knowledge, against a script and a file."""
    root = make_root({"large.txt": "x" * 200, "hello.php": (PHP_SCRIPTS / "hello.php").read_bytes()})
    tusk = start_tusk(root)
    count, failed = run(tmp_path, tusk.port, "--path", path)
    assert count >= 140, count
    assert failed.keys() == EXCEPTIONS | CLEAR_TEXT_EXCEPTIONS, failed


def test_tls(start_tusk, tmp_path):
    """The same over TLS, where ALPN chooses HTTP/2."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )
    tusk = start_tusk(PHP_SCRIPTS, "--tls-cert", certificate, "--tls-key", key)
    count, failed = run(tmp_path, tusk.port, "--tls", "--insecure", "--path", "/hello.php")
    assert count >= 140, count
    assert failed.keys() == EXCEPTIONS, failed
