"""putenv(), getenv() and $_ENV: each request has its own environment."""

import re
from pathlib import Path

import pytest

from harness.engine import php_processes
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for

WAYS = ["exec", "shell_exec", "passthru", "popen", "proc_open", "proc_open array", "pcntl_exec"]

MEET = """
function meet() {  // two requests, each of which waits until the other has come as far
    static $n = 0;
    ++$n;
    touch("$_GET[dir]/$_GET[me]$n");
    while (!file_exists("$_GET[dir]/$_GET[other]$n")) { usleep(1000); clearstatcache(); }
}
"""


def both(tusk, path: str, tmp_path) -> list:
    """Runs a script that calls meet() in two requests at the same time."""
    connections = [
        tusk.raw().request("GET", f"/{path}?dir={tmp_path}&me={me}&other={other}")
        for me, other in ("ab", "ba")
    ]
    return [connection.response().text for connection in connections]


@pytest.fixture(scope="module")
def tusk(start_module_tusk):
    return start_module_tusk(
        PHP_SCRIPTS, "--workers", 2, "-d", "variables_order=EGPCS",
        env={"OF_THE_PROCESS": "here", "HTTP_IN_ENV": "env"},
    )  # fmt: skip


def test_two_requests_at_a_time_have_an_environment_each(start_tusk, make_root, tmp_path):
    """While both run, neither sees what the other sets, changes or unsets, in PHP or in
    children; nothing is left afterwards."""
    root = make_root(
        {
            "env.php": f"""<?php {MEET}
            putenv("MINE=$_GET[me]");
            putenv("ONLY_$_GET[me]=1");
            putenv($_GET['me'] === 'a' ? 'SHARED' : 'SHARED=changed');
            meet();
            $list = getenv();
            $show = fn ($v) => $v === false ? 'unset' : $v;
            echo $show(getenv('MINE')), ' ', $show(getenv('ONLY_a')), ' ', $show(getenv('ONLY_b')), ' ',
                $show(getenv('SHARED')), ' ', $list['MINE'], ' ', isset($list['ONLY_a']) ? 'a' : 'b', ' ',
                $list['SHARED'] ?? 'unset', ' ', `echo \\$MINE \\$ONLY_a\\$ONLY_b \\$\\{{SHARED-unset\\}}`;
            meet();
            putenv('MINE');
            meet();
            echo json_encode([getenv('MINE'), isset(getenv()['MINE'])]);
            """.replace("\\{", "{").replace("\\}", "}"),
            "after.php": "<?php echo json_encode([getenv('MINE'), getenv('ONLY_a'), getenv('SHARED')]);",
        }
    )
    tusk = start_tusk(root, "--workers", 2, env={"SHARED": "first"})
    for n in range(3):
        directory = tmp_path / f"round{n}"
        directory.mkdir()
        assert both(tusk, "env.php", directory) == [
            "a 1 unset unset a a unset a 1 unset\n[false,false]",
            "b unset 1 changed b b changed b 1 changed\n[false,false]",
        ]
        for _ in range(4):
            assert tusk.get("/after.php").json() == [False, False, "first"]


def test_c_libraries_see_the_environment(start_tusk, make_root):
    """libcurl takes its proxy from the environment of the request that calls it."""
    root = make_root(
        {
            "curl.php": """<?php
            if (isset($_GET['proxy'])) putenv("http_proxy=$_GET[proxy]");
            $c = curl_init('http://nowhere.invalid/hello.php');
            curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
            echo json_encode([curl_exec($c), curl_errno($c)]);
            """,
            "hello.php": "<?php echo 'through the proxy';",
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    could_not_resolve_host = 6
    for _ in range(3):
        assert tusk.get("/curl.php", params={"proxy": tusk.url}).json() == ["through the proxy", 0]
        assert tusk.get("/curl.php").json() == [False, could_not_resolve_host]


@pytest.mark.parametrize("by", WAYS)
def test_children_get_the_environment(tusk, by):
    """They get the script's changes, and the variables that the server was started with."""
    for value in ("one", "two"):
        response = tusk.get(
            "/child.php",
            params={"by": by, "command": "echo $CHANGED ${HOME-unset} $OF_THE_PROCESS",
                    "env[]": [f"CHANGED={value}", "HOME"]},
        )  # fmt: skip
        assert response.text.strip() == f"{value} unset here"
    response = tusk.get("/child.php", params={"by": by, "command": "echo ${CHANGED-unset}"})
    assert response.text.strip() == "unset"


def test_a_child_with_an_environment_of_its_own(start_tusk, make_root, tmp_path):
    """proc_open() with an array passes only that array; a changed PATH finds the program."""
    program = tmp_path / "bin/our-program"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    root = make_root(
        {
            "own.php": """<?php
            putenv('OTHER=1');
            $p = proc_open('env', [1 => ['pipe', 'w']], $pipes, null, ['ONLY' => 'this']);
            echo preg_replace('/^(PWD|_|SHLVL)=.*\\n/m', '', stream_get_contents($pipes[1]));
            """,
            "path.php": """<?php
            putenv("PATH=$_GET[path]:" . getenv('PATH'));
            $p = proc_open(['our-program'], [1 => ['pipe', 'w']], $pipes);
            echo stream_get_contents($pipes[1]);
            """,
        }
    )
    tusk = start_tusk(root)
    assert tusk.get("/own.php").text == "ONLY=this\n"
    assert tusk.get("/path.php", params={"path": program.parent}).text == "found\n"


def test_getenv_knows_the_request(start_tusk, make_root):
    """The CGI variables, as under PHP-FPM: by name even if no code mentions $_SERVER, in the
    whole list, and in $_ENV; not with local_only, and a client's Proxy field never appears as
    HTTP_PROXY."""
    root = make_root(
        {
            "get.php": """<?php echo json_encode([getenv('REMOTE_ADDR'), getenv('SCRIPT_NAME'),
                getenv('HTTP_X_FIELD'), getenv('QUERY_STRING'), getenv('PHP_SELF'), getenv('HTTP_PROXY'),
                getenv('REMOTE_ADDR', true), getenv('HTTP_IN_ENV')]);""",
            "list.php": """<?php $e = getenv(); echo json_encode([$e['REMOTE_ADDR'], $e['SCRIPT_NAME'],
                $e['HTTP_X_FIELD'], $e['QUERY_STRING'], $e['PHP_SELF'] ?? false, $e['HTTP_PROXY'] ?? false,
                $e['HOME'] === $_SERVER['HOME'], $e['HTTP_IN_ENV']]);""",
            "env.php": """<?php $e = $_ENV; echo json_encode([$e['REMOTE_ADDR'], $e['SCRIPT_NAME'],
                $e['HTTP_X_FIELD'], $e['QUERY_STRING'], $e['PHP_SELF'] ?? false, $e['HTTP_PROXY'] ?? false,
                $e['HOME'] === $_SERVER['HOME'], $e['HTTP_IN_ENV']]);""",
        }
    )
    tusk = start_tusk(root, "-d", "variables_order=EGPCS", env={"HTTP_IN_ENV": "env"})
    fields = {"X-Field": "value", "Proxy": "http://evil.invalid"}
    for name, local in (("get", False), ("list", True), ("env", True)):
        got = tusk.get(f"/{name}.php?q=1", headers=fields).json()
        assert got == ["127.0.0.1", f"/{name}.php", "value", "q=1", False, False, local, "env"]


def test_the_environment_in_server_variables(start_tusk, make_root):
    """$_SERVER contains the process's environment (12-factor applications expect it there); the
    request's own variables win, and neither side can imitate a field of the request. $_ENV is
    empty as the ini says."""
    root = make_root(
        {
            "server.php": """<?php echo json_encode([$_SERVER['APP_ENV'], $_SERVER['REMOTE_ADDR'],
                $_SERVER['HTTP_PROXY'] ?? null, count($_ENV)]);"""
        }
    )
    tusk = start_tusk(
        root, "-d", "variables_order=GPCS",
        env={"APP_ENV": "prod", "REMOTE_ADDR": "9.9.9.9", "HTTP_PROXY": "http://ours"},
    )  # fmt: skip
    got = tusk.get("/server.php", headers={"Proxy": "http://evil.invalid"}).json()
    assert got == ["prod", "127.0.0.1", None, 0]


def test_the_server_itself_keeps_its_environment(tusk):
    """Variables that scripts set never reach the process."""
    for _ in range(4):
        tusk.get("/stain.php")
    for pid in (tusk.pid, *php_processes(tusk.pid)):
        assert "STAIN" not in Path(f"/proc/{pid}/environ").read_text()
    response = tusk.get("/child.php", params={"command": "env"})
    assert "STAIN" not in response.text and "OF_THE_PROCESS=here" in response.text


def test_the_environment_is_limited_by_memory_limit(start_tusk, make_root):
    """Beyond the limit putenv() fails and the log says why; the memory is freed at the end of
    the request."""
    root = make_root(
        {
            "many.php": """<?php
            $set = 0;
            for ($n = 0; $n < 300; ++$n) $set += (int) @putenv("V$n=" . str_repeat('x', 1 << 20));
            for ($n = 0; $n < 300; ++$n) @putenv("V$n");
            $again = putenv('V0=' . str_repeat('y', 1 << 20));
            echo json_encode([$set, $again, strlen(getenv('V0')), memory_get_peak_usage() >> 20]);
            """,
            "after.php": "<?php echo json_encode([getenv('V0'), putenv('V0=1'), getenv('V0')]);",
        }
    )
    tusk = start_tusk(root, "--workers", 1, "-d", "memory_limit=64M")
    assert tusk.get("/after.php").json() == [False, True, "1"]
    [php] = php_processes(tusk.pid)

    def resident():
        status = Path(f"/proc/{php}/status").read_text()
        return {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) >> 10 for name in ("VmRSS", "VmHWM")}

    before = resident()["VmRSS"]
    for _ in range(3):
        set_, again, length, _ = tusk.get("/many.php").json()
        assert 25 <= set_ <= 32, "the limit is half of memory_limit, because PHP has a copy of each"
        assert again and length == 1 << 20
        assert tusk.get("/after.php").json() == [False, True, "1"]
    # Twice 32 MB, plus what a page and the heap need.
    assert sanitizer() or resident()["VmHWM"] - before < 100
    tusk.wait_for_log("warn .*putenv.. fails")


def test_small_variables_count_too(start_tusk, make_root):
    root = make_root({"a.php": "<?php for ($n = 0; @putenv(\"V$n=\") && $n < 12000; ++$n); echo $n;"})
    tusk = start_tusk(root, "-d", "memory_limit=2M")
    assert 1000 < int(tusk.get("/a.php").text) < 10000
    unlimited = start_tusk(root, "-d", "memory_limit=-1", "-d", "max_execution_time=0")
    assert unlimited.get("/a.php").text == "12000"
