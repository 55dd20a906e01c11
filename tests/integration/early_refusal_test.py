"""A refusal in the middle of an upload over HTTP/2 reaches common clients: Debian's curl 7.88,
which drops an answer if RST_STREAM arrives together with it, and PHP's extension, which uses the
same library."""

import json
import subprocess

import pytest

from harness.certificates import Authority
from harness.http2 import NO_ERROR, Http2Client
from harness.php_build import php_program
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S

BODY_BYTES = 30_000_000

PHP_CLIENT = """<?php
function upload(string $url, string $body, bool $with_length): array
{
    $file = fopen($body, 'r');
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_UPLOAD => true,
        CURLOPT_CUSTOMREQUEST => 'POST',
        CURLOPT_INFILE => $file,
        CURLOPT_HTTPHEADER => ['Expect:', 'Accept: application/json'],
        CURLOPT_SSL_VERIFYPEER => false,
        CURLOPT_SSL_VERIFYHOST => 0,
        CURLOPT_TIMEOUT => 60,
        CURLOPT_HTTP_VERSION => str_starts_with($url, 'https:')
            ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
    ]);
    if ($with_length) {
        curl_setopt($curl, CURLOPT_INFILESIZE, filesize($body));
    }
    $answer = curl_exec($curl);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), curl_errno($curl),
        curl_getinfo($curl, CURLINFO_HTTP_VERSION), substr((string) $answer, 0, 11)];
}
"""


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    path = tmp_path_factory.mktemp("body") / "body"
    path.write_bytes(b"x" * BODY_BYTES)
    return path


@pytest.fixture(scope="module", params=["https", "h2c"])
def refusing(request, start_module_tusk, tmp_path_factory) -> str:
    """Returns the address of a server that accepts bodies of 1 MB."""
    flags = ["--request-body-bytes", "1MiB"]
    if request.param == "https":
        authority = Authority(tmp_path_factory.mktemp("authority"))
        flags += authority.issue("localhost", "127.0.0.1").flags()
    tusk = start_module_tusk(PHP_SCRIPTS, *flags)
    return f"{'https' if request.param == 'https' else 'http'}://127.0.0.1:{tusk.port}"


EXPECTED = [413, 0, 2, '{"type":"ab']  # status, curl's error, HTTP/2, the answer
HTTP_2 = {"2": 2, 3: 2}  # as the program and PHP's constants name it


def as_expected(facts: list) -> bool:
    status, error, version, answer = facts
    return [int(status), int(error), HTTP_2.get(version), answer] == EXPECTED


@pytest.mark.parametrize("target", ["/hello.php", "/nowhere/file.txt"])
@pytest.mark.parametrize("with_length", [True, False], ids=["length", "streamed"])
def test_curl_gets_the_answer(refusing, body, target, with_length):
    """The program, several times, because the result depends on what is read together."""
    protocol = "--http2" if refusing.startswith("https:") else "--http2-prior-knowledge"
    upload = ["--data-binary", f"@{body}"] if with_length else ["-X", "POST", "-T", "-"]
    command = ["curl", "-sk", protocol, "-H", "Expect:", "-H", "Accept: application/json"]
    command += ["-w", "\n%{http_code} %{exitcode} %{http_version}", *upload, refusing + target]
    for _ in range(5):
        with body.open("rb") as stream:
            run = subprocess.run(command, stdin=stream, capture_output=True, text=True, timeout=PATIENCE_S)
        answer, _, facts = run.stdout.rpartition("\n")
        assert as_expected([*facts.split(), answer[:11]]), facts


@pytest.mark.parametrize("with_length", [1, 0], ids=["length", "streamed"])
def test_the_extension_gets_the_answer(refusing, body, start_tusk, make_root, with_length):
    """PHP's extension on the command line, and in a script that a server runs."""
    url = f"{refusing}/hello.php"
    run = f"{PHP_CLIENT} echo json_encode(array_map(fn() => upload({url!r}, {str(body)!r}, {with_length}), range(1, 5)));"
    root = make_root({"client.php": run})
    command = [php_program(), root / "client.php"]
    line = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    for answers in (line.stdout, start_tusk(root).get("/client.php").text):
        assert all(map(as_expected, json.loads(answers))), answers


@pytest.mark.parametrize("path", ["/a.txt", "/nothing"])
def test_curl_gets_a_refusal_of_its_method(start_tusk, make_root, body, path):
    """This is decided when the whole body has arrived."""
    tusk = start_tusk(make_root({"a.txt": "a file"}))
    command = ["curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null", "--data-binary", f"@{body}"]
    command += ["-w", "%{http_code} %{exitcode}", tusk.url + path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert run.stdout == ("405 0" if path == "/a.txt" else "404 0")


def test_the_reset_comes_after_the_answer(start_tusk):
    """RST_STREAM arrives in a read of its own; until then the client's window stays as it is,
    and what the client still sends is no error. A client that ends its request itself gets no
    RST_STREAM."""
    tusk = start_tusk(PHP_SCRIPTS, "--request-body-bytes", "1KiB")
    with Http2Client(tusk.port) as client:
        stream = client.request("/hello.php", method="POST", end=False)
        client.send_body(stream, b"x" * 2000, end=False)
        response = client.response(stream)
        assert response.status == 413 and response.ended and response.reset is None
        client.send_body(stream, b"x" * 2000, end=False)
        client.wait(lambda: response.reset is not None, "RST_STREAM")
        assert response.reset == NO_ERROR
        patient = client.request("/hello.php", method="POST", end=False)
        client.send_body(patient, b"x" * 2000, end=False)
        assert client.response(patient).status == 413
        client.send_body(patient, b"x" * 10, end=True)
        other = client.request("/hello.php", method="POST", end=False)
        client.send_body(other, b"x" * 2000, end=False)
        other_response = client.response(other)
        client.wait(lambda: other_response.reset is not None, "RST_STREAM of a later stream")
        assert client.streams[patient].reset is None
        assert client.get("/hello.php").text == "Hello World!"
