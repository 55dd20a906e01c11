"""Record locks (fcntl) of scripts, which SQLite uses. They belong to the process, but one
request's lock must not end because of another's actions; SQLite itself coordinates the
connections of one process."""

import concurrent.futures
import json
import sqlite3
import subprocess
import sys

import pytest

from harness.engine import open_files
from harness.server import needs_signals
from harness.wait import wait_for

CONNECT = """
$db = new PDO('sqlite:' . $_GET['db'], null, null, $options ?? []);
$db->setAttribute(PDO::ATTR_TIMEOUT, 30);
"""
SCRIPTS = {
    # Holds the lock until a file appears.
    "hold.php": f"""<?php {CONNECT}
        $db->exec($_GET['begin'] ?? 'BEGIN EXCLUSIVE');
        $db->exec("INSERT INTO t VALUES ('held')");
        touch($_GET['held']);
        while (!file_exists($_GET['until'])) {{ usleep(1000); clearstatcache(); }}
        $db->exec('COMMIT');
        echo 'committed';""",
    "read.php": """<?php
        $file = fopen($_GET['db'], 'r');
        echo strlen(file_get_contents($_GET['db'])), md5_file($_GET['db']) ? 'read' : '';""",
    "add.php": f"""<?php
        $options = [PDO::ATTR_PERSISTENT => isset($_GET['persistent'])]; {CONNECT}
        for ($i = 0; $i < $_GET['times']; $i++) {{
            $db->exec('BEGIN IMMEDIATE');
            $n = $db->query('SELECT n FROM counter')->fetchColumn();
            usleep(50);
            $db->exec('UPDATE counter SET n = ' . ($n + 1));
            $db->exec('COMMIT');
        }}
        echo 'added';""",
    "look.php": f"""<?php
        if (isset($_GET['readonly'])) $options = [PDO::SQLITE_ATTR_OPEN_FLAGS => PDO::SQLITE_OPEN_READONLY];
        {CONNECT}
        $last = -1;
        for ($i = 0; $i < 20; $i++) {{
            [$n, $m] = $db->query('SELECT n, (SELECT n FROM counter) FROM counter')->fetch(PDO::FETCH_NUM);
            if ($n !== $m || $n < $last) exit("went from $last to $n, $m");
            $last = $n;
        }}
        echo 'looked';""",
}


@pytest.fixture
def database(make_root, tmp_path):
    root = make_root(SCRIPTS)
    path = root / "data.bin"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("CREATE TABLE counter (n INTEGER)")
        db.execute("INSERT INTO counter VALUES (0)")
    return path


def another_process_may_write(path) -> bool:
    """Whether this process, which is not part of the server, can begin to write."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
        return True
    except sqlite3.OperationalError as error:
        assert "locked" in str(error)
        return False
    finally:
        db.close()


def open_by(tusk, path) -> list:
    return [target for target in open_files(tusk.pid) if target.startswith(str(path))]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_lock_outlives_what_others_do_with_the_file(start_tusk, database, tmp_path, mode):
    """While a request writes, a client downloads the database, a script reads it, and another
    request's connection is opened and closed: another process is refused all the while, and
    succeeds afterwards."""
    tusk = start_tusk(database.parent, "--workers", 3)
    with sqlite3.connect(database) as db:
        db.execute(f"PRAGMA journal_mode={mode}")
    db.close()
    held, until = tmp_path / "held", tmp_path / "until"
    connection = tusk.raw().request("GET", f"/hold.php?db={database}&held={held}&until={until}")
    wait_for(held.exists, "the lock")
    assert not another_process_may_write(database)
    for path in ("/data.bin", f"/read.php?db={database}", f"/look.php?db={database}"):
        if mode == "delete" and path.startswith("/look"):
            continue  # a reader would wait for the exclusive lock
        assert tusk.get(path).status_code == 200
        assert not another_process_may_write(database), f"after {path}"
    if mode == "wal":
        for companion in ("-wal", "-shm"):
            assert tusk.get(f"/read.php?db={database}{companion}").text.endswith("read")
            assert not another_process_may_write(database), f"after {companion}"
    until.touch()
    assert connection.response().text == "committed"
    assert another_process_may_write(database)
    # Only the descriptors that serve the file to clients are kept.
    assert not [path for path in open_by(tusk, database) if path != str(database)]
    assert len(open_by(tusk, database)) <= 1


OUTSIDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
for i in range(int(sys.argv[2])):
    db.execute("BEGIN IMMEDIATE")
    n = db.execute("SELECT n FROM counter").fetchone()[0]
    db.execute("UPDATE counter SET n = ?", (n + 1,))
    db.execute("COMMIT")
"""


@pytest.mark.parametrize("mode", ["delete", "wal", "persist"])
def test_many_connections_of_one_process_and_of_another(start_tusk, database, mode):
    """Readers and writers of several requests at a time, including persistent and read-only
    connections, with downloads of the file and another process that writes: none is refused, no
    update is lost, and in the end nothing is locked."""
    with sqlite3.connect(database) as db:
        db.execute(f"PRAGMA journal_mode={mode}")
    db.close()
    tusk = start_tusk(database.parent, "--workers", 4)
    add = f"/add.php?db={database}&times=5"
    look = f"/look.php?db={database}"
    paths = [add, look, add + "&persistent=1", look + "&readonly=1", "/data.bin", f"/read.php?db={database}"]
    outsider = subprocess.Popen([sys.executable, "-c", OUTSIDER, database, "60"])
    try:
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda path: (path, tusk.get(path, timeout=60)), paths * 12))
        assert outsider.wait(60) == 0, "the other process was refused"
    finally:
        outsider.kill()
        outsider.wait()
    for path, answer in answers:
        assert answer.status_code == 200
        if path.startswith(("/add", "/look")):
            assert answer.text in ("added", "looked")
    db = sqlite3.connect(database)
    assert db.execute("SELECT n FROM counter").fetchone() == (2 * 12 * 5 + 60,)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    assert another_process_may_write(database)


@needs_signals
def test_a_child_keeps_no_lock(start_tusk, database, tmp_path):
    """A process is forked while another request has the lock: the lock ends with the
    transaction, not with the child."""
    root = database.parent
    (root / "fork.php").write_text(
        """<?php
        $child = pcntl_fork();
        if ($child === 0) {
            touch($_GET['running']);
            while (!file_exists($_GET['done'])) { usleep(1000); clearstatcache(); }
            exit;
        }
        echo $child;"""
    )
    tusk = start_tusk(root, "--workers", 2)
    held, until = tmp_path / "held", tmp_path / "until"
    running, done = tmp_path / "running", tmp_path / "done"
    connection = tusk.raw().request("GET", f"/hold.php?db={database}&held={held}&until={until}")
    wait_for(held.exists, "the lock")
    tusk.get(f"/fork.php?running={running}&done={done}")
    wait_for(running.exists, "the child")
    assert not another_process_may_write(database)
    until.touch()
    assert connection.response().text == "committed"
    assert another_process_may_write(database), "the child still has the lock"
    done.touch()


@needs_signals
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_child_locks_for_itself(start_tusk, database, tmp_path, mode):
    """A forked process opens a connection while another request reads the same database: the
    child does not rely on that request's lock, which ends earlier; and it can write."""
    root = database.parent
    with sqlite3.connect(database) as db:
        db.execute(f"PRAGMA journal_mode={mode}")
    db.close()
    (root / "fork.php").write_text(
        f"""<?php
        $child = pcntl_fork();
        if ($child === 0) {{
            {CONNECT}
            $db->exec('BEGIN');
            $count = $db->query('SELECT count(*) FROM t')->fetchColumn();
            touch($_GET['held']);
            while (!file_exists($_GET['until'])) {{ usleep(1000); clearstatcache(); }}
            $again = $db->query('SELECT count(*) FROM t')->fetchColumn();
            $db->exec('COMMIT');
            $db->exec("INSERT INTO t VALUES ('child')");
            file_put_contents($_GET['result'], json_encode([$count, $again]));
            exit;
        }}
        echo $child;"""
    )
    (root / "reader.php").write_text(
        f"""<?php {CONNECT}
        $db->exec('BEGIN');
        $db->query('SELECT count(*) FROM t')->fetchAll();
        touch($_GET['held']);
        while (!file_exists($_GET['until'])) {{ usleep(1000); clearstatcache(); }}
        $db->exec('COMMIT');
        echo 'read';"""
    )
    tusk = start_tusk(root, "--workers", 2)
    held, until, child_held, child_until, result = (tmp_path / str(n) for n in range(5))
    reader = tusk.raw().request("GET", f"/reader.php?db={database}&held={held}&until={until}")
    wait_for(held.exists, "the reader")
    tusk.get(f"/fork.php?db={database}&held={child_held}&until={child_until}&result={result}")
    wait_for(child_held.exists, "the child's lock")
    until.touch()
    assert reader.response().text == "read"
    # A writer of another process: in journal mode readers keep it out, in WAL mode they do not.
    db = sqlite3.connect(database, timeout=0, isolation_level=None)
    begin = "BEGIN EXCLUSIVE"
    if mode == "delete":
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            db.execute(begin)
    else:
        db.execute(begin)
        db.execute("INSERT INTO t VALUES ('outside')")
        db.execute("COMMIT")
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 1, "the child must still read"
    child_until.touch()
    wait_for(lambda: result.exists() and result.read_text(), "the child's end")
    assert json.loads(result.read_text()) == [0, 0]
    rows = [("outside",)] * (mode == "wal") + [("child",)]
    assert db.execute("SELECT x FROM t").fetchall() == rows
    db.close()
