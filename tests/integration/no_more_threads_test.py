"""A server whose process may have no more threads, because scripts have filled its cgroup, say: what threads of
its own would do is left out or refused, and everything else goes on."""

import os
import re
import resource
from pathlib import Path

import pytest

from harness.engine import ENGINES
from harness.server import sanitizer
from harness.wait import wait_for

pytestmark = pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer ends a process that gets no memory")

TEXT = "text that compresses well " * 2000
LARGE = 100 << 20


def allow_no_thread(pid: int):
    """No stack of a thread fits into the memory that the process may map. Returns what undoes it."""
    status = Path(f"/proc/{pid}/status").read_text()
    mapped = int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) * 1024
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (mapped + (2 << 20), before[1]))
    return lambda: resource.prlimit(pid, resource.RLIMIT_AS, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_needs_a_thread_is_left_out(start_tusk, make_root, tmp_path, engine):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "404.html").write_text("<p>nothing")
    root = make_root({"text.txt": TEXT, "hello.php": "<?php echo 'Hello World!';", "list/a.txt": "a"})
    tusk = start_tusk(
        root, *("--engine", engine, "--workers", 1, "--directory-listing"),
        *("--error-pages-dir", pages),
    )
    assert tusk.get("/hello.php").text == "Hello World!"
    undo = allow_no_thread(tusk.pid)
    compressed = {"Accept-Encoding": "gzip"}
    for _ in range(3):
        assert tusk.get("/text.txt", headers=compressed).text == TEXT
        assert tusk.get("/missing.txt").status_code == 404
        assert tusk.get("/list/").status_code == 503
        assert tusk.get("/hello.php").text == "Hello World!"
        assert tusk.admin("/ready").status_code == 200
    undo()
    assert "a.txt" in tusk.get("/list/").text
    assert tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "2xx"}) >= 4


def test_a_file_that_there_is_no_memory_to_compress_is_sent_as_it_is(start_tusk, make_root):
    """It is larger than what a thread's malloc() has mapped in advance."""
    root = make_root({"small.txt": TEXT, "large.txt": ""})
    os.truncate(root / "large.txt", LARGE)
    tusk = start_tusk(root, "--workers", 1, "--compress-max-bytes", "1GiB")
    compressed = {"Accept-Encoding": "gzip"}
    wait_for(lambda: "content-encoding" in tusk.get("/small.txt", headers=compressed).headers, "the thread to run")
    undo = allow_no_thread(tusk.pid)
    answer = tusk.get("/large.txt", headers=compressed)
    assert len(answer.content) == LARGE and "content-encoding" not in answer.headers
    assert tusk.get("/small.txt", headers=compressed).text == TEXT
    undo()
