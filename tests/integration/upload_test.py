"""Uploads: PHP's own parser, with PHP's limits and error codes, and no file left behind."""

import json
import threading

import pytest

from harness.server import Server
from harness.wait import wait_for

OK, INI_SIZE, FORM_SIZE, PARTIAL, NO_FILE = 0, 1, 2, 3, 4

FILES = "<?php header('Content-Type: application/json'); echo json_encode([$_FILES, $_POST]);"

# Ends in many ways while uploaded files still exist.
ENDS = """<?php
register_shutdown_function(function () { echo ' there:', count(glob($_GET['dir'] . '/php*')); });
match ($_GET['how']) {
    'plain' => null,
    'exit' => exit('bye'),
    'fatal' => undefined_function(),
    'exception' => throw new Exception('x'),
    'memory' => str_repeat('x', 1 << 40),
    'unlinked' => unlink($_FILES['f']['tmp_name']),
    'moved' => move_uploaded_file($_FILES['f']['tmp_name'], $_GET['dir'] . '/kept'),
};
"""

# Keeps writing until PHP ends it because its client has left.
ABORTED = """<?php
touch($_GET['dir'] . '/began');
while (true) { echo str_repeat('x', 100000); flush(); }
"""


def multipart(*parts: tuple, end: bytes = b"--x--\r\n") -> bytes:
    """Encodes parts; each is (name, file name or None, content)."""
    body = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return body + end


def post(tusk: Server, path: str, body: bytes):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return tusk.post(path, content=body, headers=headers)


def parsed(tusk: Server, *parts: tuple, **options) -> tuple:
    response = post(tusk, "/files.php", multipart(*parts, **options))
    assert response.status_code == 200
    files, form = json.loads(response.text)
    return files, form


@pytest.fixture(scope="module")
def uploads(start_module_tusk, tmp_path_factory) -> Server:
    """One worker, with a directory for uploaded files at .temp."""
    base = tmp_path_factory.mktemp("uploads")
    root = base / "root"
    root.mkdir()
    for name, text in (("files.php", FILES), ("ends.php", ENDS), ("aborted.php", ABORTED)):
        (root / name).write_text(text)
    temp = base / "temp"
    temp.mkdir()
    limits = ("upload_max_filesize=1000", "max_file_uploads=5", "max_multipart_body_parts=12")
    defines = [part for limit in limits for part in ("-d", limit)]
    tusk = start_module_tusk(root, "--workers", 1, "-d", f"upload_tmp_dir={temp}", *defines)
    tusk.temp = temp
    return tusk


def test_nested_names(uploads):
    """$_FILES has PHP's own structure: each property is an array with the structure of the name."""
    files, form = parsed(
        uploads,
        ("f[a][b]", "one", b"1"),
        ("f[a][c]", "two", b"22"),
        ("list[]", "three", b"333"),
        ("list[]", "four", b"4444"),
        ("with.dot and space", "five", b"5"),
        ("title[x]", None, b"t"),
    )
    assert files["f"]["name"] == {"a": {"b": "one", "c": "two"}}
    assert files["f"]["size"] == {"a": {"b": 1, "c": 2}}
    assert files["list"]["name"] == ["three", "four"] and files["list"]["error"] == [OK, OK]
    assert files["with_dot_and_space"]["size"] == 1
    assert form == {"title": {"x": "t"}}


def test_empty_and_missing_files(uploads):
    """A file without bytes is a file; a field without a chosen file is an error code."""
    files, _ = parsed(uploads, ("empty", "e.txt", b""), ("none", "", b""))
    assert (files["empty"]["error"], files["empty"]["size"]) == (OK, 0)
    assert files["empty"]["tmp_name"].startswith(f"{uploads.temp}/php")
    assert (files["none"]["error"], files["none"]["tmp_name"]) == (NO_FILE, "")


def test_sizes(uploads):
    """upload_max_filesize and the form's own MAX_FILE_SIZE are exact to the byte."""
    files, _ = parsed(uploads, ("fits", "a", b"x" * 1000), ("over", "b", b"x" * 1001))
    assert (files["fits"]["error"], files["over"]["error"]) == (OK, INI_SIZE)
    assert files["over"]["size"] == 0 and files["over"]["tmp_name"] == ""
    files, _ = parsed(
        uploads,
        ("MAX_FILE_SIZE", None, b"10"),
        ("fits", "a", b"x" * 10),
        ("over", "b", b"x" * 11),
    )
    assert (files["fits"]["error"], files["over"]["error"]) == (OK, FORM_SIZE)


def test_a_body_that_ends_in_the_middle_of_a_file(uploads):
    """The client's mistake, with PHP's error code for it."""
    body = multipart(("whole", "a", b"1"), ("part", "b", b"22"), end=b"")
    response = post(uploads, "/files.php", body[:-2])
    files, _ = json.loads(response.text)
    assert (files["whole"]["error"], files["part"]["error"]) == (OK, PARTIAL)


def test_more_files_than_allowed(uploads):
    """max_file_uploads: the first files exist, the others do not, and the log says so."""
    since = uploads.log_size()
    files, _ = parsed(uploads, *((f"f{i}", "n", b"x") for i in range(8)))
    assert sorted(files) == [f"f{i}" for i in range(5)]
    uploads.wait_for_log("Maximum number of allowable file uploads has been exceeded", since)


def test_more_parts_than_allowed(uploads):
    """max_multipart_body_parts: PHP stops there."""
    since = uploads.log_size()
    _, form = parsed(uploads, *((f"p{i}", None, b"x") for i in range(20)))
    assert len(form) <= 12
    uploads.wait_for_log("Multipart body parts limit exceeded 12", since)


@pytest.mark.parametrize(
    "how", ["plain", "exit", "fatal", "exception", "memory", "unlinked", "moved"]
)
def test_no_file_is_left_behind(uploads, how):
    """However the script ends: the file exists while its shutdown functions run, and is gone
    afterwards."""
    body = multipart(("f", "a", b"x" * 900), ("g[]", "b", b"y"), ("g[]", "c", b""))
    response = post(uploads, f"/ends.php?how={how}&dir={uploads.temp}", body)
    expected = {"unlinked": 2, "moved": 2}.get(how, 3)
    assert response.text.endswith(f" there:{expected}")
    left = [path.name for path in uploads.temp.iterdir()]
    assert left == (["kept"] if how == "moved" else [])
    if how == "moved":
        (uploads.temp / "kept").unlink()


def test_no_file_is_left_behind_by_a_client_that_leaves(uploads):
    """PHP ends the script at its next write, and removes the file."""
    body = multipart(("f", "a", b"x" * 900))
    connection = uploads.raw()
    connection.request(
        "POST",
        f"/aborted.php?dir={uploads.temp}",
        "Content-Type: multipart/form-data; boundary=x",
        body=body,
    )
    wait_for((uploads.temp / "began").exists, "the script to begin")
    assert len(list(uploads.temp.glob("php*"))) == 1
    connection.reset()
    wait_for(lambda: not list(uploads.temp.glob("php*")), "the uploaded file to go")
    (uploads.temp / "began").unlink()


def test_only_uploaded_files_are_uploaded_files(start_tusk, make_root):
    """is_uploaded_file() and move_uploaded_file() refuse any other file, including one of
    another request."""
    root = make_root(
        {
            "other": "x",
            "f.php": "<?php $f = $_FILES['f']['tmp_name'] ?? $_GET['f']; echo json_encode(["
            "is_uploaded_file($f), is_uploaded_file(__FILE__),"
            "@move_uploaded_file(__DIR__ . '/other', __DIR__ . '/moved'),"
            "move_uploaded_file($f, __DIR__ . '/target'), $f]);",
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    *seen, name = post(tusk, "/f.php", multipart(("f", "a", b"x"))).json()
    assert seen == [True, False, False, True] and (root / "target").read_bytes() == b"x"
    *seen, _ = tusk.get("/f.php", params={"f": name}).json()
    assert seen == [False, False, False, False]
    assert (root / "other").exists() and not (root / "moved").exists()


def test_uploads_can_be_switched_off(start_tusk, make_root):
    """file_uploads=0: fields are read, files are not."""
    tusk = start_tusk(make_root({"files.php": FILES}), "-d", "file_uploads=0")
    assert parsed(tusk, ("f", "a", b"x"), ("t", None, b"1")) == ([], {"t": "1"})


def test_upload_progress(start_tusk, make_root, tmp_path):
    """session.upload_progress: the record that the session's other requests can read."""
    root = make_root(
        {
            "up.php": "<?php session_start(); echo json_encode($_SESSION);",
            "look.php": "<?php session_start(); echo json_encode($_SESSION);",
        }
    )
    tusk = start_tusk(
        root,
        *("-d", f"session.save_path={tmp_path}", "-d", "session.upload_progress.enabled=1"),
        *("-d", "session.upload_progress.cleanup=0"),
    )
    body = multipart(("PHP_SESSION_UPLOAD_PROGRESS", None, b"mine"), ("f", "a.bin", b"x" * 500000))
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": "PHPSESSID=0123456789abcdef",
    }
    assert tusk.post("/up.php", content=body, headers=headers).status_code == 200
    seen = tusk.get("/look.php", headers={"Cookie": headers["Cookie"]}).json()
    progress = seen["upload_progress_mine"]
    assert progress["done"] is True and progress["content_length"] == len(body)
    assert progress["bytes_processed"] == len(body)
    file = progress["files"][0]
    assert (file["field_name"], file["name"], file["bytes_processed"]) == ("f", "a.bin", 500000)
    assert tusk.get("/look.php").json() == [], "this is this is another visitor's session session"
    # With cleaning, which is the default, none of it stays.
    cleaning = start_tusk(
        root, "-d", f"session.save_path={tmp_path}", "-d", "session.upload_progress.enabled=1"
    )
    headers["Cookie"] = "PHPSESSID=fedcba9876543210"
    assert cleaning.post("/up.php", content=body, headers=headers).json() == []


def test_upload_progress_is_seen_and_cancelled_by_another_request(start_tusk, make_root, tmp_path):
    """While PHP reads an upload, a second request of the visitor reads its progress, and ends it
    with `cancel_upload`, as the manual describes."""
    cancel = """<?php session_start(); $record = &$_SESSION['upload_progress_mine'];
        if (isset($record) && !$record['done']) {
            $record['cancel_upload'] = true;
            echo $record['bytes_processed'];
        }"""
    root = make_root(
        {"cancel.php": cancel, "up.php": "<?php echo json_encode($_FILES['f']['error'] ?? null);"}
    )
    tusk = start_tusk(
        root,
        *("--workers", 2, "-d", f"session.save_path={tmp_path}"),
        *("-d", "session.upload_progress.enabled=1"),
        *("-d", "session.upload_progress.freq=1", "-d", "session.upload_progress.min_freq=0"),
        *("-d", "post_max_size=100M", "-d", "upload_max_filesize=100M"),
    )
    size = 60_000_000
    body = multipart(("PHP_SESSION_UPLOAD_PROGRESS", None, b"mine"), ("f", "a.bin", b"x" * size))
    headers = {"Cookie": "PHPSESSID=0123456789abcdef"}
    form = headers | {"Content-Type": "multipart/form-data; boundary=x"}
    answers = []

    def upload():
        with tusk.new_client() as client:
            answers.append(client.post("/up.php", content=body, headers=form).json())

    uploading = threading.Thread(target=upload)
    uploading.start()
    seen = wait_for(
        lambda: tusk.get("/cancel.php", headers=headers).text or answers, "the upload's record"
    )
    uploading.join()
    assert 0 < int(seen) < size
    assert answers == [8], "UPLOAD_ERR_EXTENSION: PHP stopped the upload"
