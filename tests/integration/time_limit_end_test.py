"""How a script ends at a time limit: what the script notices, and that it cannot prevent its
end."""

import re

import pytest

from harness.server import needs_signals

pytestmark = needs_signals

COMMON = """<?php
register_shutdown_function(function () {
    echo '[', error_get_last()['message'] ?? 'no error', ' line ', error_get_last()['line'] ?? 0, ']';
});
class Loud {
    public function __destruct() { echo 'destructor'; }
}
$loud = new Loud();
function wait() {
    while (true) {
    }
}
"""

# Each is ended inside code that PHP or a script could mistake for its own failure.
SCRIPTS = {
    "plain": "wait();",
    "finally": "try { wait(); } catch (Throwable) { echo 'caught'; } finally { echo 'finally'; }",
    "generator": "foreach ((function () { try { wait(); yield 1; } finally { echo 'finally'; } })() as $_);",
    "fiber": "(new Fiber(function () { try { wait(); } finally { echo 'finally'; } }))->start();",
    "fiber_waits": """$fiber = new Fiber(function () { try { Fiber::suspend(); } finally { echo 'finally'; } });
        $fiber->start(); wait();""",
    "callback": "try { usort($numbers, fn() => wait()); } finally { echo 'finally'; }",
    "callback_of_c": "try { array_map('usleep', array_fill(0, 1000, 100_000)); } finally { echo 'finally'; }",
    "to_string": "echo new class { public function __toString(): string { wait(); } };",
    "getter": "echo (new class { public function __get($name) { wait(); } })->x;",
    "destructor": "$x = new class { public function __destruct() { wait(); } }; $x = null;",
    "destructor_of_exception": """try { throw new class extends Exception { public $x;
        public function __destruct() { wait(); } }; } catch (Exception $e) { $e = null; }""",
    "while_unwinding": """function f() { $x = new class { public function __destruct() { wait(); } };
        throw new Exception('before'); } try { f(); } finally { echo 'finally'; }""",
    "autoload": "spl_autoload_register(fn() => wait()); new NoSuchClass();",
    "error_handler": "set_error_handler(fn() => wait()); echo $undefined;",
    "exception_handler": "set_exception_handler(fn() => wait()); throw new Exception();",
    "exception_pending": """set_error_handler(function () { throw new Exception(); });
        array_map(function () { try { wait(); } finally { strlen([]); } }, [1]);""",
    "output_callback": "ob_start(function () { wait(); return ''; }); echo ' '; ob_end_flush();",
    "include": "include 'data://text/plain,<?php wait();';",
    "eval": "eval('wait();');",
    "xml": """$parser = xml_parser_create(); xml_set_element_handler($parser, fn() => wait(), fn() => 1);
        xml_parse($parser, '<a><b/></a>', true);""",
    "sqlite": """$db = new SQLite3(':memory:'); $db->createFunction('wait', 'wait');
        $db->querySingle('SELECT wait()');""",
    "preg": "preg_replace_callback('/a/', fn() => wait(), 'aaa');",
    "stream_wrapper": """class Slow { public $context; function stream_open(): bool { wait(); } }
        stream_wrapper_register('slow', 'Slow'); file_get_contents('slow://x');""",
    "soap": """(new class(null, ['location' => 'http://x', 'uri' => 'x']) extends SoapClient {
        public function __doRequest($r, $l, $a, $v, $o = false, $u = null): ?string { wait(); } })->f();""",
    "soap_caught": """try { (new class(null, ['location' => 'http://x', 'uri' => 'x']) extends SoapClient {
        public function __doRequest($r, $l, $a, $v, $o = false, $u = null): ?string { wait(); } })->f();
        } catch (Throwable) { } wait();""",
}


def php(body: str) -> str:
    start = "<?php set_time_limit((int)($_GET['limit'] ?? 0)); $numbers = [3, 2, 1];"
    return COMMON.replace("<?php", start) + body + "\necho 'came back';"


@pytest.fixture(scope="module")
def tusk(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for name, body in SCRIPTS.items():
        (root / f"{name}.php").write_text(php(body))
    (root / "hello.php").write_text("<?php echo 'Hello World!';")
    arguments = ("--workers", 1, "-d", "max_execution_time=0", "-d", "allow_url_include=1",
                 "-d", "display_errors=0")
    return start_module_tusk(root, *arguments, "--request-timeout", "20s")


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_notices(tusk, name):
    """A fatal error like PHP's own: shutdown functions run; catch, finally and destructors do
    not."""
    mark = tusk.log_size()
    answer = tusk.get(f"/{name}.php?limit=1")
    assert answer.status_code == 500
    said = r"\s*\[Maximum execution time of 1 second exceeded line [1-9]\d*\]"
    assert re.fullmatch(said, answer.text)
    tusk.wait_for_log(rf"PHP Fatal error:  Maximum execution time [^\n]*{name}", mark)
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().value("tusk_worker_restarts_total") == 0


def test_a_script_that_does_not_unwind_bails_out(start_tusk, make_root):
    """User code that PHP runs while it reports the error does not delay the end for long."""
    root = make_root({
        "stays.php": COMMON + "ob_start(fn($text) => $text === '' ? '' : wait(), 1); wait();",
        "hello.php": "<?php echo 'Hello World!';",
    })
    tusk = start_tusk(root, "--workers", 1, "--request-timeout", "500ms", "-d", "display_errors=1")
    assert tusk.get("/stays.php").status_code == 504
    assert tusk.get("/hello.php").text == "Hello World!"
    assert "a worker is lost" not in tusk.log()
