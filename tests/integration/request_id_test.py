"""Request ids and traces: where they come from, and all the places where they are found."""

import json
import re

import pytest

from harness.server import run_tusk

MADE = re.compile(r"[0-9a-f]{32}")
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"

SCRIPTS = {
    "id.php": "<?php error_log('of the script');"
    "echo json_encode(array_intersect_key($_SERVER, array_flip("
    "['HTTP_X_REQUEST_ID', 'HTTP_TRACEPARENT', 'HTTP_TRACESTATE'])) + getallheaders());",
    "own.php": "<?php header('X-Request-Id: mine');",
    "log.php": """<?php
        enum Suit: string { case Hearts = 'H'; }
        $deep = []; for ($i = 0; $i < 20; ++$i) $deep = [$deep];
        $loop = ['a' => 1]; $loop['self'] = &$loop;
        tusk_log('critical', "two\\nlines", ['n' => 1, 'f' => 1.5, 'list' => [1, null, true], 'o' => new ArrayObject([1]),
            'e' => new RuntimeException('why', 7), 'suit' => Suit::Hearts, 'file' => fopen('php://memory', 'r'),
            'deep' => $deep, 'loop' => $loop, 'nan' => NAN, 5 => "quote\\" \\xff", 'closure' => fn() => 1]);
        tusk_log(LOG_NOTICE, 'plain');
        tusk_log('DEBUG', 'not at this level');
        tusk_log('info', 'large', array_fill(0, 100000, str_repeat('x', 100)));
        try { tusk_log('loud', 'x'); } catch (ValueError $e) { echo get_class($e), ' '; }
        try { tusk_log(8, 'x'); } catch (ValueError $e) { echo $e->getMessage(); }""",
    "hook.php": """<?php
        class Hooked extends Exception { protected $message { get { echo 'hook '; return 'x'; } } }
        tusk_log('info', 'no hook', ['hooked' => new Hooked('h')]);""",
    "magic.php": """<?php
        class Magic extends RuntimeException {
            function lose() { unset($this->message); return $this; }
            function __get($name) { global $rest; echo 'get '; $rest = null; return $name; }
            function __isset($name) { echo 'isset '; return true; }
        }
        class Overriding extends Exception { protected $code = 'text'; public function __construct() {} }
        $rest = array_fill_keys(range('a', 'z'), str_repeat('y', 100));
        tusk_log('info', 'no calls', [['magic' => (new Magic('m'))->lose(), 'rest' => &$rest],
            'overriding' => new Overriding]);
        echo count($rest);""",
    "static.css": "a {}",
}


def ask(connection, *fields) -> dict:
    return json.loads(connection.get("/id.php", *fields).text)


def records(text: str) -> list:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_an_id_of_a_client_is_not_believed(start_tusk, make_root):
    """tusk makes one; script, response and both logs have the same one."""
    tusk = start_tusk(
        make_root(SCRIPTS), "--request-id", "--access-log", "--log-format", "json"
    )
    response = tusk.get("/id.php", headers={"X-Request-Id": "forged"})
    request_id = response.headers["x-request-id"]
    assert MADE.fullmatch(request_id)
    assert response.json()["HTTP_X_REQUEST_ID"] == response.json()["X-Request-Id"] == request_id
    with tusk.raw() as connection:  # several fields become one
        seen = ask(connection, "X-Request-Id: a", "x-request-id: b")
    assert MADE.fullmatch(seen["HTTP_X_REQUEST_ID"]) and seen["HTTP_X_REQUEST_ID"] != request_id
    assert MADE.fullmatch(tusk.get("/static.css").headers["x-request-id"])
    assert MADE.fullmatch(tusk.get("/missing").headers["x-request-id"])
    assert tusk.get("/own.php").headers.get_list("x-request-id") == ["mine"]
    tusk.wait_for_log("of the script")
    tusk.wait_for_access_log("own.php")
    of_php = next(r for r in records(tusk.log()) if r["message"] == "of the script")
    access = records(tusk.access_log())[0]
    assert of_php["request_id"] == access["request_id"] == request_id
    assert of_php["request"] == access["request"]


def test_an_id_of_a_trusted_proxy_is_used(start_tusk, make_root):
    """If it is a valid one, also in the log of a server that does not pass ids on."""
    root = make_root(SCRIPTS)
    arguments = ["--trusted-proxies", "127.0.0.1", "--access-log", "--log-format", "json"]
    tusk = start_tusk(root, "--request-id", *arguments)
    response = tusk.get("/id.php", headers={"X-Request-Id": "Root=1-67:a/b"})
    assert response.headers["x-request-id"] == "Root=1-67:a/b"
    assert response.json()["HTTP_X_REQUEST_ID"] == "Root=1-67:a/b"
    for bad in ('a"b', "x" * 129, "a b", "<script>"):
        answer = tusk.get("/id.php", headers={"X-Request-Id": bad})
        assert MADE.fullmatch(answer.headers["x-request-id"])
        assert answer.json()["HTTP_X_REQUEST_ID"] == answer.headers["x-request-id"]
    quiet = start_tusk(root, *arguments)
    response = quiet.get("/id.php", headers={"X-Request-Id": "from-the-proxy"})
    assert "x-request-id" not in response.headers
    quiet.wait_for_access_log('"request_id":"from-the-proxy"')


def test_traces_are_continued_or_begun(start_tusk, make_root):
    """The script gets tusk's span as its parent; what is malformed begins a new trace."""
    tusk = start_tusk(
        make_root(SCRIPTS), "--trace-context", "on", "--access-log", "--log-format", "json"
    )
    response = tusk.get("/id.php", headers={"traceparent": TRACEPARENT, "tracestate": "a=1,b=2"})
    seen = response.json()
    version, trace, span, flags = seen["HTTP_TRACEPARENT"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01") and span not in (CALLER, "0" * 16)
    assert seen["HTTP_TRACESTATE"] == "a=1,b=2"
    assert response.headers["traceresponse"] == seen["HTTP_TRACEPARENT"]
    tusk.wait_for_log("of the script")
    tusk.wait_for_access_log("id.php")
    for record in (records(tusk.access_log())[0], records(tusk.log())[-1]):
        assert (record["trace_id"], record["span_id"]) == (trace, span)
    for bad in (TRACEPARENT.upper(), TRACEPARENT + "-x", "ff" + TRACEPARENT[2:], "", "00-" + "0" * 32 + TRACEPARENT[35:]):
        seen = tusk.get("/id.php", headers={"traceparent": bad, "tracestate": "a=1"}).json()
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", seen["HTTP_TRACEPARENT"])
        assert TRACE not in seen["HTTP_TRACEPARENT"] and "HTTP_TRACESTATE" not in seen
    with tusk.raw() as connection:
        twice = ask(connection, f"traceparent: {TRACEPARENT}", f"Traceparent: {TRACEPARENT}")
        assert TRACE not in twice["HTTP_TRACEPARENT"]
        joined = ask(connection, f"traceparent: {TRACEPARENT}", "tracestate: a=1", "tracestate: b=2")
        assert joined["HTTP_TRACESTATE"] == "a=1,b=2"
        dropped = ask(connection, f"traceparent: {TRACEPARENT}", "tracestate: A=1")
        assert "HTTP_TRACESTATE" not in dropped and TRACE in dropped["HTTP_TRACEPARENT"]


def test_traces_of_others_may_be_left_alone_or_distrusted(start_tusk, make_root):
    """`trusted` begins a new trace for a client; `off`, the default, passes the fields on."""
    root = make_root(SCRIPTS)
    tusk = start_tusk(root, "--trace-context", "trusted", "--trace-sample", "0")
    seen = tusk.get("/id.php", headers={"traceparent": TRACEPARENT}).json()
    assert TRACE not in seen["HTTP_TRACEPARENT"] and seen["HTTP_TRACEPARENT"].endswith("-00")
    off = start_tusk(root)
    response = off.get("/id.php", headers={"traceparent": "what=ever", "X-Request-Id": "x y"})
    assert response.json()["HTTP_TRACEPARENT"] == "what=ever"
    assert response.json()["HTTP_X_REQUEST_ID"] == "x y"
    assert not {"traceresponse", "x-request-id"} & response.headers.keys()


def test_lines_of_a_script(start_tusk, make_root):
    """tusk_log() writes one line, whose context is JSON whatever is in it."""
    root = make_root(SCRIPTS)
    tusk = start_tusk(root, "--log-format", "json")
    assert tusk.get("/log.php").text == (
        "ValueError tusk_log(): Argument #1 ($level) must be a level of PSR-3, such as \"warning\", "
        "or a constant such as LOG_WARNING"
    )
    tusk.wait_for_log('"large"')
    lines = {record["message"]: record for record in records(tusk.log())}
    line = lines["two\nlines"]
    assert (line["level"], line["severity"], line["script"]) == ("error", "critical", f"{root}/log.php")
    context = line["context"]
    assert [context[key] for key in ("n", "f", "list", "o", "suit", "file", "nan", "closure")] == [
        1, 1.5, [1, None, True], "ArrayObject", "H", "stream", "NAN", "Closure",
    ]
    assert context["5"] == 'quote" \ufffd'
    assert context["e"] | {"line": 0} == {
        "class": "RuntimeException", "message": "why", "code": 7, "file": f"{root}/log.php", "line": 0,
    }
    assert json.dumps(context["deep"]).count("[") == 8 and "\u2026" in json.dumps(context["loop"], ensure_ascii=False)
    assert lines["plain"]["level"] == "info" and "context" not in lines["plain"]
    assert "not at this level" not in lines
    assert len(json.dumps(lines["large"])) < 12000
    text = start_tusk(root)
    text.get("/log.php")
    text.wait_for_log(r'error two\\nlines severity=critical context="\{\\"n\\":1,')


def test_a_line_calls_no_script(start_tusk, make_root):
    """__get() could free what is being written."""
    tusk = start_tusk(make_root(SCRIPTS), "--workers", 1, "--log-format", "json")
    assert tusk.get("/magic.php").text == "26"
    tusk.wait_for_log("no calls")
    [line] = [each for each in records(tusk.log()) if each["message"] == "no calls"]
    context = line["context"]
    assert context["overriding"]["code"] == "text"
    assert context["0"]["magic"]["message"] is None and len(context["0"]["rest"]) == 26


@pytest.mark.since_php("8.4", "it has property hooks")
def test_a_line_calls_no_hook_of_a_property(start_tusk, make_root):
    tusk = start_tusk(make_root(SCRIPTS), "--workers", 1, "--log-format", "json")
    assert tusk.get("/hook.php").text == ""
    tusk.wait_for_log("no hook")
    [line] = [each for each in records(tusk.log()) if each["message"] == "no hook"]
    assert line["context"]["hooked"]["class"] == "Hooked"


def test_wrong_formats_are_refused_with_their_place(make_root):
    """By `tusk check`, which names the option."""
    root = make_root({})
    for arguments, message in (
        (["--access-log-format", "$status $remote_adr"], "there is no field '$remote_adr' at position 9"),
        (["--access-log-format", "json status cookies"], "there is no field 'cookies' at position 13"),
        (["--access-log-format", "$http_authorization"], "is a secret, which is never logged"),
        (["--access-log-sample", "1.5"], "is more than 1"),
        (["--otlp-endpoint", "https://a/"], "spans are sent without TLS"),
        (["--log-file", "/nonexistent/tusk.log"], "No such file or directory"),
    ):
        result = run_tusk("check", "--root", root, "--access-log", *arguments)
        assert result.returncode != 0 and message in result.stderr, result.stderr
