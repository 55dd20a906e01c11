"""Atomic deployments: a symbolic link to the release that is served is switched under load."""

import os
import threading

import pytest

from harness.wait import wait_for

SIZE = 300_000  # more than one write
SWITCHES = 50

# A release identifies itself by the script, a file that it includes through __DIR__, a file that it
# reads, and the server's variables.
INDEX = """<?php
$marks = ['%(n)s', include __DIR__ . '/part.php',
          trim(file_get_contents($_SERVER['DOCUMENT_ROOT'] . '/part.txt')),
          basename($_SERVER['DOCUMENT_ROOT']), basename(dirname($_SERVER['SCRIPT_FILENAME'])),
          basename(getcwd())];
echo json_encode($marks);
"""

# The same through the link's name: if the link is switched while this runs, it may see both
# releases.
LINKED = """<?php
echo json_encode(['%(n)s', include '%(link)s/part.php', require '%(link)s/other.php',
                  trim(file_get_contents('%(link)s/part.txt')), basename(realpath('%(link)s'))]);
"""


@pytest.fixture
def releases(tmp_path):
    """Directories 10, 11, 12, and `current`, a link to the first."""
    link = tmp_path / "current"
    for n in ("10", "11", "12"):
        release = tmp_path / "releases" / n
        release.mkdir(parents=True)
        (release / "index.php").write_text(INDEX % {"n": n, "link": link})
        (release / "linked.php").write_text(LINKED % {"n": n, "link": link})
        (release / "other.php").write_text(f"<?php return '{n}';")
        (release / "part.php").write_text(f"<?php return '{n}';")
        (release / "part.txt").write_text(n)
        (release / "big.txt").write_text((n * SIZE)[:SIZE])
        (release / "small.txt").write_text(n)
    switch(tmp_path, "10")
    return tmp_path


def switch(directory, release):
    """Switches as deployment tools do: renames a new link over the old one."""
    (directory / "new").symlink_to(f"releases/{release}")
    os.rename(directory / "new", directory / "current")


def release_of(path, response) -> str:
    """Returns the one release that made the whole response."""
    assert response.status_code == 200, (path, response.status_code, response.text[:200])
    if path in ("/", "/linked.php"):
        marks = response.json()
        assert len(set(marks)) == 1, f"a mixture: {marks}"
        return marks[0]
    n = response.text[:2]
    whole = n if path == "/small.txt" else (n * SIZE)[:SIZE]
    assert response.text == whole, f"a mixture of releases in {path}"
    return n


PATHS = ("/", "/small.txt", "/big.txt")


class Load(threading.Thread):
    """Sends requests in a row until it is told to end; keeps the first failure."""

    def __init__(self, server, path):
        super().__init__(daemon=True)
        self.server, self.path = server, path
        self.ended = threading.Event()
        self.wrong, self.seen = None, set()
        self.requests = 0

    def run(self):
        client = self.server.new_client()
        try:
            while not self.ended.is_set():
                self.seen.add(release_of(self.path, client.get(self.path)))
                self.requests += 1
        except Exception as error:  # the test must see any failure
            self.wrong = error


@pytest.mark.parametrize("directives", [(), ("-d", "opcache.validate_timestamps=0")])
def test_fifty_switches_under_load(start_tusk, releases, directives):
    """Every response comes from one release, and from the new one after the first request that
    follows a switch; there are no errors, whether or not OPcache checks files again."""
    tusk = start_tusk(releases / "current", "--workers", 2, *directives)
    load = [Load(tusk, path) for path in PATHS for _ in range(2)]
    for thread in load:
        thread.start()
    try:
        for n in range(SWITCHES):
            release = ("10", "11", "12")[(n + 1) % 3]
            switch(releases, release)
            for path in (*PATHS, "/linked.php"):
                assert release_of(path, tusk.get(path)) == release, f"switch {n}: {path} is old"
            assert [thread.wrong for thread in load if thread.wrong] == []
        wait_for(lambda: all(len(t.seen) == 3 or t.wrong for t in load), "all to be seen")
    finally:
        for thread in load:
            thread.ended.set()
        for thread in load:
            thread.join(30)
    assert [thread.wrong for thread in load if thread.wrong] == []
    assert all(thread.requests > 0 for thread in load)
    assert "was switched to another directory" in tusk.log()


def test_a_link_that_is_gone_for_a_moment(start_tusk, releases):
    """`ln -sfn` removes the link before it makes the new one: tusk goes on serving the previous
    release, and the log says so once."""
    tusk = start_tusk(releases / "current", "--workers", 1)
    (releases / "current").unlink()
    for path in ("/small.txt", "/big.txt"):
        assert release_of(path, tusk.get(path)) == "10"
    tusk.wait_for_log("the document root is missing; still serving the previous one")
    switch(releases, "12")
    for path in PATHS:
        assert release_of(path, tusk.get(path)) == "12"


def test_a_directory_is_replaced_without_a_link(start_tusk, releases):
    """mv site site.old; mv site.new site: tusk notices it within a second."""
    site = releases / "site"
    os.rename(releases / "releases/10", site)
    tusk = start_tusk(site, "--workers", 1)
    assert tusk.get("/small.txt").text == "10"
    os.rename(site, releases / "site.old")
    os.rename(releases / "releases/11", site)
    wait_for(lambda: tusk.get("/small.txt").text == "11", "the new directory", 1)


def test_scripts_see_real_paths(start_tusk, releases, make_root):
    """DOCUMENT_ROOT and SCRIPT_FILENAME are paths of the release, like nginx's $realpath_root; a
    root without links stays as configured."""
    (releases / "releases/10/show.php").write_text(
        "<?php echo $_SERVER['DOCUMENT_ROOT'], ' ', $_SERVER['SCRIPT_FILENAME'], ' ', __FILE__;"
    )
    real = os.path.realpath(releases / "releases/10")
    tusk = start_tusk(releases / "current")
    assert tusk.get("/show.php").text == f"{real} {real}/show.php {real}/show.php"
