"""Deep recursion in C, in PHP or in a library, as deep as a script or its input asks for:
objects that hold one another and are destroyed, deep arrays, deep documents. The stacks have
room for it, and the touched memory is given back."""

import re
from pathlib import Path

import pytest

from harness.engine import default_engine, php_processes
from harness.server import PHP_SCRIPTS, sanitizer

# With sanitizers, frames are several times as large.
pytestmark = pytest.mark.skipif(bool(sanitizer()), reason="the depths are for a release build")

SHAPES = {
    "objects": 200_000,
    "fiber": 200_000,
    "closures": 100_000,
    "exceptions": 150_000,
    "generators": 100_000,
    "queues": 100_000,
    "arrays": 200_000,
    "unserialize": 500_000,
    "clone_node": 200_000,
    "transliterator": 100_000,
    "soap_fault": 100_000,
}
STACK_KB = 256 * 1024


def stack_memory_kb(pid: int) -> int:
    """Returns the resident memory of a worker's stack: of mappings that are as large as a thread's, or of
    the stack of a process."""
    resident = size = 0
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-", line):
            name = line.split()[-1]
        elif found := re.match(r"(Size|Rss): +(\d+) kB", line):
            if found[1] == "Size":
                size = int(found[2])
            elif name == "[stack]" if default_engine() == "processes" else STACK_KB <= size <= STACK_KB + 4096:
                resident += int(found[2])
    return resident


@pytest.fixture(scope="module")
def deep(start_module_tusk):
    return start_module_tusk(PHP_SCRIPTS, "--workers", 2, "--request-timeout", "60s")


@pytest.mark.parametrize("shape", SHAPES)
def test_deep_structures_crash_nothing(deep, shape):
    response = deep.get("/deep.php", params={"shape": shape, "n": SHAPES[shape]})
    if shape == "soap_fault":  # an answer of its own, with the script's last output
        assert response.status_code == 500 and response.text.endswith("</SOAP-ENV:Envelope>\n")
    else:
        assert response.status_code == 200 and "done" in response.text
    assert deep.get("/hello.php").text == "Hello World!"
    assert deep.metrics().value("tusk_workers", state="idle") == 2


@pytest.mark.since_php("8.3", "PHP limits its stack")
def test_recursion_of_a_script_is_an_error_that_it_can_catch(deep):
    """zend.max_allowed_stack_size applies although the stack is large."""
    response = deep.get("/deep.php", params={"shape": "recursion"})
    assert response.text == "done: Maximum call stack size"


def test_memory_of_the_stack_is_given_back(start_tusk):
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    tusk.get("/hello.php")
    [php] = php_processes(tusk.pid)
    before = stack_memory_kb(php)
    assert 0 < before < 2048
    # Uses some 70 MB of the stack.
    assert tusk.get("/deep.php", params={"shape": "objects", "n": 600_000}).text == "done"
    assert tusk.get("/hello.php").text == "Hello World!"
    assert stack_memory_kb(php) < 4096


def test_ten_thousand_fibers(deep):
    """A fiber's stack takes address space only."""
    response = deep.get("/deep.php", params={"shape": "fibers", "n": 10_000})
    assert response.text == "done: 10000"
