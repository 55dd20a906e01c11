"""Processes that a resident script forks outside of its handler: they end with the request, and never answer
one. The parent's requests get what belongs to them."""

import pytest

from harness.engine import needs_host
from harness.server import sanitizer

PLACES = ["boot", "handler", "shutdown", "buffer", "destructor", "error_handler", "session"]
# Nothing of a rewound script runs between two requests, but its hooks do before each.
CASES = [
    *(pytest.param("threads", "resident", place, marks=pytest.mark.needs_threads)
      for place in [*PLACES, "between", "left_buffer"]),
    *(pytest.param("processes", "resident", place, marks=needs_host)
      for place in [*PLACES, "between", "left_buffer"]),
    *(pytest.param("processes", "rewind", place, marks=[needs_host, pytest.mark.skipif(
        bool(sanitizer()), reason="a sanitizer has the memory of the program")])
      for place in [*PLACES, "hook"]),
]

# The parent notes how its child ends, and waits for that: a child that goes on as a worker never ends.
APP = """<?php
function spawn(): void {
  $child = pcntl_fork();
  if ($child > 0 && pcntl_waitpid($child, $status) === $child)
    file_put_contents(getenv('TEST_ENDS'), $status . "\\n", FILE_APPEND);
}
class Spawns { public function __destruct() { spawn(); } }
class Sessions extends SessionHandler {
  public function write($id, $data): bool { spawn(); return parent::write($id, $data); }
}
if (getenv('TEST_PLACE') === 'boot') spawn();
if (getenv('TEST_PLACE') === 'hook') tusk_after_rewind(function () { if (isset($_GET['fork'])) spawn(); });
$handler = function () {
  if (isset($_GET['fork'])) switch (getenv('TEST_PLACE')) {
    case 'handler': spawn(); break;
    case 'shutdown': register_shutdown_function(spawn(...)); break;
    case 'buffer': ob_start(function (string $text) { spawn(); return $text; }); break;
    case 'destructor': static $kept; $kept = new Spawns; $GLOBALS['kept'] = new Spawns; break;
    case 'error_handler': $object = new Spawns; set_error_handler(fn () => $object); break;
    case 'session': session_set_save_handler(new Sessions, false); session_start(); $_SESSION['n'] = 1; break;
    case 'between': $GLOBALS['between'] = true; break;
    case 'left_buffer': $GLOBALS['left_buffer'] = true; break;
  }
  echo $_GET['n'];
};
while (tusk_handle_request($handler)) {
  if ($GLOBALS['between'] ?? false) { $GLOBALS['between'] = false; spawn(); }
  if ($GLOBALS['left_buffer'] ?? false) {
    $GLOBALS['left_buffer'] = false;
    ob_start(function (string $text) { spawn(); return $text; });
  }
}
"""

@pytest.mark.parametrize("engine, mode, place", CASES)
def test_a_forked_process_answers_no_request(start_tusk, make_root, tmp_path, engine, mode, place):
    root, ends = make_root({"app.php": APP}), tmp_path / "ends"
    tusk = start_tusk(
        root,
        *("--engine", engine, "--workers", 1, "--resident", root / "app.php", "--resident-mode", mode),
        *("--resident-workers", 1, "-d", f"session.save_path={tmp_path}"),
        env={"TEST_PLACE": place, "TEST_ENDS": ends},
    )
    for n in range(0, 60, 2):
        assert tusk.get(f"/app.php?fork&n={n}").text == f"{n}"
        assert tusk.get(f"/app.php?n={n + 1}").text == f"{n + 1}"
    assert set(ends.read_text().split()) == {"0"}
    assert tusk.metrics().value("tusk_workers", state="lost") == 0
