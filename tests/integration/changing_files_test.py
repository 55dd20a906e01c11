"""Files that a script sends while another one writes them."""

import threading

import pytest

from harness.engine import ENGINES

FLIP = """<?php
$file = fopen(__DIR__ . '/data', 'r+');
while (!file_exists(__DIR__ . '/done')) {
    ftruncate($file, 0);
    ftruncate($file, 4 << 20);
}
echo 'flipped';
"""

SEND = """<?php
$send = [
    'readfile' => fn () => readfile(__DIR__ . '/data'),
    'fpassthru' => fn () => fpassthru(fopen(__DIR__ . '/data', 'r')),
    'copy' => fn () => stream_copy_to_stream(fopen(__DIR__ . '/data', 'r'), fopen('php://memory', 'w+')),
][$_GET['with']];
for ($i = 0; $i < 400; $i++) {
    ob_start();
    $send();
    ob_end_clean();
}
echo 'sent';
"""

LENGTHS = """<?php
ob_start();
$file = fopen(__DIR__ . '/fixed', 'r');
fseek($file, 5);
$rest = fpassthru($file);
$again = fpassthru($file);
$whole = readfile(__DIR__ . '/fixed');
$copied = stream_copy_to_stream(fopen(__DIR__ . '/fixed', 'r'), $to = fopen('php://memory', 'w+'), 100_000, 3);
header('X-Lengths: ' . implode(',', [$rest, $again, $whole, $copied, ftell($to)]));
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("function", ("readfile", "fpassthru", "copy"))
def test_a_file_may_become_shorter_while_it_is_sent(start_tusk, make_root, engine, function):
    root = make_root({"flip.php": FLIP, "send.php": SEND, "data": "x"})
    tusk = start_tusk(root, "--engine", engine, "--workers", 2)
    flipped = []
    flipper = threading.Thread(target=lambda: flipped.append(tusk.new_client().get("/flip.php").text))
    flipper.start()
    try:
        answers = [tusk.get(f"/send.php?with={function}").text for _ in range(15)]
    finally:
        (root / "done").touch()
        flipper.join()
    assert answers == ["sent"] * 15 and flipped == ["flipped"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_whole_file_is_sent(start_tusk, make_root, engine):
    content = "".join(f"{number:06}" for number in range(50_000))
    root = make_root({"lengths.php": LENGTHS, "fixed": content})
    response = start_tusk(root, "--engine", engine).get("/lengths.php")
    assert response.text == content[5:] + content
    size = len(content)
    assert response.headers["x-lengths"] == f"{size - 5},0,{size},100000,100000"
