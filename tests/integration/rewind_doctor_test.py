"""`tusk doctor rewind`: it requests the same of plain requests and of a rewound pool, and shows what
differs."""

import json

import pytest

from harness.server import run_tusk, sanitizer
from harness.worker_processes import HOST
from integration.doctor_test import processes_with

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")
rewinds = pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer has the memory of the program")

# Answers as a plain request does, but for what the query asks for.
FRONT = """<?php
function answer(int $boots): void {
  static $asked = 0;
  $asked++;
  $line = '';
  header('X-Script: ' . ($_GET['do'] ?? 'none'));
  header('Set-Cookie: visitor=' . bin2hex(random_bytes(8)) . '; path=/');
  switch ($_GET['do'] ?? '') {
    case 'boot': $line = $boots > 0 ? "booted before\\n" : "booted now\\n"; break;
    // The three warm-up requests belong to the boot.
    case 'crosses': $line = $asked > 4 ? "asked before\\n" : "asked first\\n"; break;
    case 'status': http_response_code($boots > 0 ? 500 : 200); break;
    case 'header': header($boots > 0 ? 'X-Mode: rewound' : 'X-Mode: plain'); break;
    case 'quote': $line = ['early', 'late', 'third', 'last'][random_int(0, 3)] . " bird\\n"; break;
    case 'cookie': header('Set-Cookie: a=b; path=/' . ($boots > 0 ? '; HttpOnly' : ''), false); break;
  }
  echo "<h1>Page</h1>\\n<input name=token value=", base64_encode(random_bytes(30)), ">\\n";
  echo "made at ", date('H:i:s'), " in ", hrtime(true), "\\n", $line;
}
"""
PLAIN = "<?php require __DIR__ . '/answer.php'; answer(0);"
WORKER = """<?php
require __DIR__ . '/answer.php';
$file = fopen(__DIR__ . '/held.txt', 'r');
while (tusk_handle_request(fn () => answer(1)));
"""


@pytest.fixture
def application(make_root, tmp_path):
    root = make_root({"index.php": PLAIN, "answer.php": FRONT, "worker.php": WORKER, "held.txt": "x"})
    file = tmp_path / "tusk.toml"
    file.write_text(f"""
engine = "processes"
document_root = "{root}"
fallback = "/index.php"
[[pool]]
name = "app"
match = "/**"
script = "{root}/worker.php"
mode = "rewind"
workers = 4
warm_up = ["/"]
""")
    return ("--config", file)


def examine(*args):
    mark = f"TEST_MARK={id(args)}"
    name, _, value = mark.partition("=")
    done = run_tusk("doctor", "rewind", *args, "--requests", 9, env={name: value})
    assert not processes_with(mark), done.stderr
    return done


@rewinds
def test_equal_answers(application):
    done = examine(*application, "--path", "/", "--path", "/?do=crosses", "--path", "HEAD /",
                   "--path", "/?do=quote")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GET /?do=crosses  status 200, 9 answers are equal" in done.stdout
    assert "No difference was found." in done.stdout
    assert "The boot holds a file open, which each worker opens again: " in done.stdout
    assert "held.txt" in done.stdout
    assert "/proc/" not in done.stdout, "files of tusk's own"


@rewinds
def test_differences_are_shown(application):
    paths = [f"/?do={what}" for what in ("boot", "status", "header", "cookie")]
    done = examine(*application, *(word for path in paths for word in ("--path", path)))
    assert done.returncode == 1, done.stderr
    assert "  - booted now\n  + booted before\n" in done.stdout
    assert "GET /?do=status  status 200 plain, 500 rewound, 9 of 9 answers differ" in done.stdout
    assert "  - x-mode: plain\n  + x-mode: rewound\n" in done.stdout
    assert "  - set-cookie: a=*; path=/\n  + set-cookie: a=*; path=/; HttpOnly\n" in done.stdout


@rewinds
def test_json_and_lines_that_are_left_out(application):
    args = (*application, "--path", "/?do=header", "--json")
    done = examine(*args)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    [request] = report["requests"]
    assert request["difference"] == {"plain": ["x-mode: plain"], "rewound": ["x-mode: rewound"]}
    assert request["plain_statuses"] == {"200": 5} and request["rewound_statuses"] == {"200": 9}
    done = examine(*args, "--ignore", "x-mode: *")
    assert done.returncode == 0 and json.loads(done.stdout)["clean"], done.stdout


@rewinds
def test_a_boot_that_holds_a_connection_is_refused_with_its_peer(make_root):
    root = make_root({"worker.php": "<?php $server = stream_socket_server('tcp://127.0.0.1:0');"
                                    "while (tusk_next_request()) echo 1;",
                      "index.php": "<?php echo 1;"})
    done = examine("--root", root, "--resident", root / "worker.php", "--fallback", "/index.php")
    assert done.returncode == 2 and done.stdout == ""
    assert "does not boot: it has a socket open" in done.stderr


@rewinds
def test_a_plain_request_that_finds_nothing_is_explained(application, make_root, tmp_path):
    root = make_root({"worker.php": "<?php while (tusk_handle_request(fn () => print(1)));"}, "other")
    file = tmp_path / "other.toml"
    file.write_text(f"""
engine = "processes"
document_root = "{root}"
[[pool]]
name = "app"
match = "/**"
script = "{root}/worker.php"
mode = "rewind"
""")
    done = examine("--config", file, "--path", "/page")
    assert done.returncode == 1
    assert "status 404 plain, 200 rewound" in done.stdout
    assert "--fallback /index.php names the application's front controller" in done.stdout


def test_what_to_examine_must_be_said():
    done = run_tusk("doctor", "other")
    assert done.returncode == 2 and "tusk doctor rewind" in done.stderr
