"""Other process state that scripts can change (umask, working directory) and other places where
they can write (log, mail, standard streams): each request has its own."""

import json
import os
import re
import stat

import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

STATE = PHP_SCRIPTS / "process_state.php"


def pair(tusk, path: str, directory) -> list:
    directory.mkdir(exist_ok=True)
    connections = [
        tusk.raw().request("GET", f"/{path}?dir={directory}&me={me}&other={other}")
        for me, other in ("ab", "ba")
    ]
    return [connection.response().text for connection in connections]


# --- umask ---


def test_umask_of_two_requests_at_a_time(start_tusk, make_root, tmp_path):
    """A request's umask does not apply to the other request, to a later one, or to the server."""
    root = make_root(
        {
            "mask.php": f"""<?php require '{STATE}';
            umask($_GET['me'] === 'a' ? 0077 : 0007);
            meet();
            $file = "$_GET[dir]/file-$_GET[me]";
            file_put_contents($file, '');
            meet();
            printf('%o %o %s', umask(), fileperms($file) & 0777, exec('umask'));
            """,
            "after.php": "<?php printf('%o', umask());",
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    before = tusk.get("/after.php").text
    for n in range(3):
        assert pair(tusk, "mask.php", tmp_path / f"round{n}") == ["77 600 0077", "7 660 0007"]
        for _ in range(4):
            assert tusk.get("/after.php").text == before


# --- resources ---


@pytest.mark.parametrize("executor", ["ext", "php"])
def test_a_script_has_nothing_open(start_tusk, make_root, executor):
    """Once PHP has read the script, its file is closed while it runs."""
    root = make_root({"open.php": "<?php echo count(get_resources());"})
    settings = ("--workers", 1, "--executor", executor, "-d", "opcache.file_update_protection=0")
    tusk = start_tusk(root, *settings)
    tusk.get("/open.php")
    assert tusk.get("/open.php").text == "0"


# --- working directory ---

SCRIPT_IN_SUB = "sub/where.php"


@pytest.fixture
def directories(make_root):
    return make_root(
        {
            "where.php": "<?php echo getcwd();",
            SCRIPT_IN_SUB: "<?php echo getcwd();",
            "a/file.txt": "in a",
            "b/file.txt": "in b",
            "a/part.php": "<?php return 'part of a';",
            "b/part.php": "<?php return 'part of b';",
            "change.php": f"""<?php require '{STATE}';
            chdir($_GET['me']);
            meet();
            $p = proc_open('pwd', [1 => ['pipe', 'w']], $pipes);
            $q = proc_open('pwd', [1 => ['pipe', 'w']], $other, '..');
            echo json_encode([basename(getcwd()), file_get_contents('file.txt'), require './part.php',
                basename(exec('pwd')), basename(trim(`pwd`)), basename(trim(stream_get_contents($pipes[1]))),
                basename(trim(stream_get_contents($other[1]))), file_exists('../where.php'), realpath('file.txt'),
                count(glob('*.txt')), (new PDO('sqlite:new.db'))->exec('CREATE TABLE t(a)'), file_exists(__DIR__ . "/$_GET[me]/new.db")]);
            meet();
            """,
        }
    )


def test_a_script_begins_in_its_directory(start_tusk, directories):
    """This holds whatever ran before on the thread, like under PHP-FPM."""
    tusk = start_tusk(directories, "--workers", 1, cwd="/")
    for _ in range(2):
        assert tusk.get("/where.php").text == str(directories)
        assert tusk.get("/sub/where.php").text == str(directories / "sub")
        tusk.get(f"/change.php?me=a&other=a&dir={directories}")


def test_chdir_of_two_requests_at_a_time(start_tusk, directories, tmp_path):
    """Relative file names, includes, and the directories of children: each request uses its own,
    and it is reset afterwards."""
    tusk = start_tusk(directories, "--workers", 2, cwd="/")
    for n in range(3):
        texts = pair(tusk, "change.php", tmp_path / f"round{n}")
        for me, text in zip("ab", texts):
            assert json.loads(text) == [
                me, f"in {me}", f"part of {me}", me, me, me, "root", True,
                str(directories / me / "file.txt"), 1, 0, True,
            ]  # fmt: skip
            os.unlink(directories / me / "new.db")
        for _ in range(4):
            assert tusk.get("/where.php").text == str(directories)
    assert os.readlink(f"/proc/{tusk.pid}/cwd") == "/"


def test_c_libraries_are_where_the_script_is(start_tusk, make_root, tmp_path):
    """libcurl writes a cookie file with a relative name into the script's directory, or the
    directory that the script changed to."""
    root = make_root(
        {
            "sub/jar.php": """<?php
            if (isset($_GET['cd'])) chdir($_GET['cd']);
            $c = curl_init("http://$_SERVER[HTTP_HOST]/cookie.php");
            curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => 1, CURLOPT_COOKIEJAR => "$_GET[me].txt"]);
            curl_exec($c);
            unset($c);
            """,
            "cookie.php": "<?php setcookie('a', 'b');",
            "sub/deeper/": None,
        }
    )
    tusk = start_tusk(root, "--workers", 2, cwd="/")
    assert tusk.get("/sub/jar.php?me=one").status_code == 200
    assert tusk.get("/sub/jar.php?me=two&cd=deeper").status_code == 200
    assert tusk.get("/sub/jar.php?me=three").status_code == 200
    found = {str(path.relative_to(root)) for path in root.rglob("*.txt")}
    assert found == {"sub/one.txt", "sub/deeper/two.txt", "sub/three.txt"}
    assert os.readlink(f"/proc/{tusk.pid}/cwd") == "/"


# --- log ---


def test_error_log_and_phps_own_messages_are_in_the_log(start_tusk, make_root):
    """With the request's number and the script; no line can be forged; php.ini decides."""
    root = make_root(
        {
            "log.php": """<?php
            error_log("first line\\nsecond line");
            error_log('to the SAPI', 4);
            trigger_error('a warning of ours', E_USER_WARNING);
            echo 'body';
            """
        }
    )
    tusk = start_tusk(root)
    response = tusk.get("/log.php")
    assert response.text == "body"
    for text in (r"first line\\nsecond line", "to the SAPI", "PHP Warning:  a warning of ours"):
        line = tusk.wait_for_log(rf".*{text}.*")[0]
        assert "request=1" in line and f"script={root}/log.php" in line


def test_error_log_to_files(start_tusk, make_root, tmp_path):
    """Type 3 appends to a file; error_log= of the ini sends PHP's log to a file instead of
    tusk's log."""
    own, all_ = tmp_path / "own.log", tmp_path / "all.log"
    root = make_root(
        {
            "three.php": f"<?php error_log('three ', 3, '{own}'); error_log('times', 3, '{own}');",
            "zero.php": "<?php error_log('into the file'); trigger_error('warned', E_USER_WARNING);",
        }
    )
    tusk = start_tusk(root, "-d", f"error_log={all_}")
    tusk.get("/three.php")
    assert own.read_text() == "three times"
    tusk.get("/zero.php")
    assert "] into the file\n" in all_.read_text() and "] PHP Warning:  warned" in all_.read_text()
    assert "into the file" not in tusk.log() and "warned" not in tusk.log()


# --- mail ---


@pytest.fixture
def sendmail(tmp_path):
    """A program for sendmail_path that writes its input to the file that $MAIL_TO_FILE or its
    first argument names."""
    program = tmp_path / "sendmail"
    program.write_text('#!/bin/sh\n{ echo "$VARIABLE $(pwd) $*"; cat; } > "$1"\nexit ${STATUS:-0}\n')
    program.chmod(0o755)
    return program


def test_mail(start_tusk, make_root, tmp_path, sendmail):
    """mail() passes the message to sendmail_path, which runs as a child of the script; the
    result and mail.add_x_header are PHP's."""
    root = make_root(
        {
            "mail.php": """<?php
            putenv('VARIABLE=of the script');
            putenv("STATUS=$_GET[status]");
            echo json_encode(mail('to@example.invalid', 'Subject', "Line\\n", ['X-Own' => 'yes']));
            """
        }
    )
    out = tmp_path / "message"
    tusk = start_tusk(
        root, "-d", f"sendmail_path={sendmail} {out} -t", "-d", "mail.add_x_header=1"
    )
    assert tusk.get("/mail.php?status=0").json() is True
    first, _, message = out.read_text().partition("\n")
    assert first == f"of the script {root} {out} -t"
    assert "To: to@example.invalid\n" in message and "Subject: Subject\n" in message
    assert "X-Own: yes" in message and message.endswith("Line\n\n")
    assert re.search(r"X-PHP-Originating-Script: \d+:mail\.php", message)
    assert tusk.get("/mail.php?status=1").json() is False


# --- standard streams ---


def test_standard_streams_are_the_servers(start_tusk, make_root):
    """php://stderr and php://stdout write to those of the server, never to a client;
    php://output is the response; php://stdin is empty; the constants of the command line do not
    exist."""
    root = make_root(
        {
            "streams.php": """<?php
            file_put_contents('php://stdout', "to stdout\\n");
            file_put_contents('php://stderr', "to stderr\\n");
            file_put_contents('php://output', 'to output ');
            echo json_encode([file_get_contents('php://stdin'), defined('STDIN'), defined('STDOUT'),
                defined('STDERR'), isset($argv), isset($argc), isset($_SERVER['argv'])]);
            exec('echo child >&2; echo inside');
            """
        }
    )
    tusk = start_tusk(root)
    for _ in range(2):
        assert tusk.get("/streams.php?a+b").text == (
            'to output ["",false,false,false,false,false,false]'
        )
    assert tusk.stdout_file.read_text() == "to stdout\n" * 2
    assert tusk.log().count("to stderr\n") == 2 and tusk.log().count("child\n") == 2


def test_closed_standard_streams(start_tusk, make_root, tmp_path):
    """A server that was started with 0 and 1 closed opens /dev/null for them, so that they are
    not the first descriptors that it opens."""
    root = make_root(
        {"fd.php": "<?php echo readlink('/proc/self/fd/0'), ' ', readlink('/proc/self/fd/1');"}
    )
    wrapper = tmp_path / "closed"
    wrapper.write_text('#!/bin/sh\nexec "$@" <&- >&-\n')
    wrapper.chmod(0o755)
    tusk = start_tusk(root, wrapper=(wrapper,))
    assert tusk.get("/fd.php").text == "/dev/null /dev/null"


# --- absent functions ---


def test_functions_that_a_server_does_not_offer(start_tusk, make_root):
    """dl() is absent; FFI is for preloading only."""
    root = make_root(
        {
            "dl.php": "<?php echo json_encode(function_exists('dl'));",
            "ffi.php": """<?php
            try { FFI::cdef('int getpid(void);')->getpid(); echo 'called'; }
            catch (FFI\\Exception $e) { echo $e->getMessage(); }
            """,
        }
    )
    tusk = start_tusk(root)
    assert tusk.get("/dl.php").json() is False
    assert "restricted" in tusk.get("/ffi.php").text
