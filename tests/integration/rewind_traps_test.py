"""Traps of a rewind: what a request does that reaches beyond its memory, or that memory's edges."""

import pytest

from harness.wait import wait_for
from harness.worker_processes import Load
from integration.rewind_test import app, pytestmark  # noqa: F401 (a fixture, and what all of these need)


def test_a_forked_child_leaves_the_files_of_the_boot(app, tmp_path):  # noqa: F811
    """PHP removes a temporary file and ends a compressed one when a process that has them open ends."""
    script = f"""<?php
      $file = tmpfile(); fwrite($file, 'boot'); $path = stream_get_meta_data($file)['uri'];
      $packed = fopen('compress.zlib://{tmp_path}/log.gz', 'w'); fwrite($packed, 'boot');
      $object = new SplFileObject('compress.zlib://{tmp_path}/object.gz', 'w'); $object->fwrite('boot');
      while (tusk_handle_request(function () use ($file, $path, $packed) {{
        if (isset($_GET['fork'])) {{ $pid = pcntl_fork(); if ($pid === 0) exit; pcntl_waitpid($pid, $status); }}
        clearstatcache();
        rewind($file);
        echo json_encode([file_exists($path), fread($file, 4), filesize('{tmp_path}/log.gz'),
                          filesize('{tmp_path}/object.gz'), getmypid()]); }}));"""
    app = app(script=script)
    before = app.get().json()
    assert before[:2] == [True, "boot"]
    for _ in range(3):
        assert app.get(fork="").json() == before
        assert app.get().json() == before


def test_a_child_removes_the_files_of_its_own_request(app):  # noqa: F811
    """As in any script that forks."""
    script = """<?php while (tusk_handle_request(function () {
      $file = tmpfile(); $path = stream_get_meta_data($file)['uri'];
      $pid = pcntl_fork(); if ($pid === 0) exit; pcntl_waitpid($pid, $status);
      clearstatcache(); echo json_encode(file_exists($path)); }));"""
    app = app(script=script)
    assert [app.get().json() for _ in range(2)] == [False, False]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_database_of_sqlite_may_be_open_at_the_boot(app, tmp_path, journal):  # noqa: F811
    """SQLite's files refuse to be opened by a link. Each worker has descriptors of its own, and sees what others
    write."""
    script = f"""<?php $pdo = new PDO('sqlite:{tmp_path}/rows');
      $pdo->exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, worker INTEGER)');
      $pdo->exec('PRAGMA busy_timeout = 60000');
      $pdo->exec('PRAGMA journal_mode = {journal}');
      $rows = $pdo->query('SELECT count(*) FROM rows')->fetchColumn();
      while (tusk_handle_request(function () use ($pdo) {{
        if (isset($_GET['write'])) $pdo->exec('INSERT INTO rows (worker) VALUES (' . getmypid() . ')');
        echo json_encode([(int) $pdo->query('SELECT count(*) FROM rows')->fetchColumn(),
          $pdo->query('PRAGMA integrity_check')->fetchColumn()]); }}));"""
    app = app(script=script, workers=3)
    assert app.get().json() == [0, "ok"]
    load = Load(app.server, path="/app.php?write")
    seen = [app.get().json() for _ in range(50)]
    statuses = load.stop()
    assert set(statuses) == {200}
    assert [integrity for _, integrity in seen] == ["ok"] * 50
    counts = [count for count, _ in seen]
    assert counts == sorted(counts)
    assert app.get().json() == [statuses[200], "ok"]


DEEP = """<?php
  function nested(int $depth) { $o = null; while ($depth--) { $n = new stdClass; $n->n = $o; $o = $n; } return $o; }
  while (tusk_handle_request(function () {
    switch ($_GET['do'] ?? '') {
      case 'objects': $o = nested(150000); $o = null; echo 'freed'; return;
      case 'kept': $GLOBALS['kept'] = nested(150000); echo 'kept'; return;
      case 'serialize': $a = []; for ($i = 0; $i < 20000; $i++) $a = [$a];
        echo strlen(serialize($a)); return;
      case 'unserialize': echo strlen(serialize(unserialize(str_repeat('a:1:{i:0;', 20000) . 'i:1;' . str_repeat('}', 20000),
        ['max_depth' => 0]))); return;
      case 'json': $a = []; for ($i = 0; $i < 20000; $i++) $a = [$a]; echo strlen(json_encode($a, depth: 100000)); return;
    }
    echo getmypid(); }));"""


@pytest.mark.parametrize("do, text", [
    ("objects", "freed"), ("kept", "kept"), ("serialize", "200006"), ("unserialize", "200004"), ("json", "40002"),
])
def test_a_deep_structure_does_not_end_the_worker(app, do, text):  # noqa: F811
    app = app(script=DEEP)
    worker = app.get().text
    for _ in range(3):
        answer = app.get(do)
        assert (answer.status_code, answer.text) == (200, text)
        assert app.get().text == worker


def test_a_boot_may_have_what_wakes_it_up(app):  # noqa: F811
    """Libraries have pairs of sockets or an eventfd: curl_multi_init() does. Each worker has its own, and nothing
    of a request stays in it."""
    script = """<?php $multi = curl_multi_init(); $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
      foreach ($pair as $end) stream_set_blocking($end, false);
      while (tusk_handle_request(function () use ($multi, $pair) {
        if (isset($_GET['write'])) { fwrite($pair[0], 'left'); if ($_GET['write'] === 'both') fwrite($pair[1], 'behind'); }
        echo json_encode([fread($pair[1], 99), fread($pair[0], 99), curl_multi_exec($multi, $running), getmypid()]);
        if (isset($_GET['write'])) { fwrite($pair[0], 'left'); } }));"""
    app = app(script=script, workers=2)
    answers = []
    for write in ("", "one", "", "both", "", "", ""):
        options = {"write": write} if write else {}
        answers.append((write, app.get(**options).json()))
    for write, answer in answers:
        assert answer[:3] == [{"": "", "one": "left", "both": "left"}[write], "behind" if write == "both" else "", 0]
    pids = {answer[3] for _, answer in answers}
    assert len(pids) <= 2, "no worker is replaced"


def test_another_allocator_is_put_back_as_a_whole(app):  # noqa: F811
    app = app(script="""<?php $n = 0; while (tusk_handle_request(function () use (&$n) {
      $GLOBALS['text'] = str_repeat('x', 100000); echo ++$n; }));""", env={"USE_ZEND_ALLOC": "0"})
    assert [app.get().text for _ in range(20)] == ["1"] * 20
    assert "PHP's allocator is not one that is known here" in app.server.log()


def test_half_a_pair_is_refused(app):  # noqa: F811
    """Its other end is somebody else's."""
    script = """<?php $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); fclose($pair[1]);
      while (tusk_handle_request(fn () => 1));"""
    app = app(script=script, ready=False)
    assert app.get().status_code == 503
    wait_for(lambda: "it has a socket open" in app.server.log(), "the reason")


def test_a_worker_that_ends_after_its_first_request_has_booted(app):  # noqa: F811
    """Its end may be known before anybody has seen that it serves: then it was taken for a boot that has failed,
    and the pool answered 503."""
    script = """<?php while (tusk_handle_request(function () {
      if (isset($_GET['leave']) && pcntl_fork() === 0) { usleep(20000); exit; }
      echo 'the answer'; }));"""
    app = app(script=script)
    (app.server.root / "large.bin").write_bytes(b"x" * 30_000_000)
    busy = Load(app.server, path="/large.bin", clients=3)  # the loop comes round less often
    loads = [Load(app.server, path=path, clients=4) for path in ("/app.php?leave", "/app.php")]
    for load in loads:
        load.wait_for_more(40)
    assert [set(load.stop()) for load in [*loads, busy]] == [{200}] * 3
    assert "does not boot" not in app.server.log()
