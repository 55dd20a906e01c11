"""opcache.preload scripts that keep PHP from starting: a start and `tusk check` say why, in one line."""

import os
import re

import pytest

from harness.engine import ENGINES, default_engine
from harness.opcache import directives
from harness.server import needs_cached_scripts, run_tusk

pytestmark = needs_cached_scripts

AS_ROOT = os.geteuid() == 0
# What the script is, and what is said of it.
FAILURES = {
    "missing": (None, r"No such file or directory"),
    "parse error": ("<?php\nclass {\n", r"syntax error, unexpected token \"\{\".* in .*preload\.php:2"),
    "exception": ("<?php\n\nthrow new Exception('no such words');",
                  r"Uncaught Exception: no such words in .*preload\.php:3"),
    "missing class": ("<?php new Missing();", r"Uncaught Error: Class \"Missing\" not found in .*preload\.php:1"),
    "missing include": ("<?php require __DIR__ . '/none.php';",
                        r".*Failed opening required '.*none\.php'.*preload\.php:1"),
    "exit": ("<?php exit(0);", r"the script ends PHP's start without an error, as exit\(\) does"),
    "die": ("<?php die('the text goes nowhere');",
            r"the script ends PHP's start without an error, as exit\(\) does"),
    "error": ("<?php trigger_error('enough of this', E_USER_ERROR);", r"enough of this in .*preload\.php:1"),
}


@pytest.fixture
def site(make_root, tmp_path):
    """The options for a site with that preload script."""

    def make(text, user="root", engine="threads") -> tuple:
        script = tmp_path / "preload.php"
        if text is not None:
            script.write_text(text)
        options = directives(preload=script)
        if user and AS_ROOT:
            options += directives(preload_user=user)
        root = make_root({"hello.php": "<?php echo class_exists('Preloaded', false) ? 'preloaded' : 'plain';"})
        return "--root", root, "--engine", engine, *options

    return make


def check_both(tmp_path, options, reason):
    script = re.escape(str(tmp_path / "preload.php"))
    line = rf"(?:tusk: |\S+ error )opcache\.preload: {script}: {reason}"
    for command in ("serve", "check"):
        done = run_tusk(command, "--listen", "127.0.0.1:0", "--internal-addr", "off", *options)
        assert done.returncode == 1 and " on http" not in done.stderr, (command, done.stderr)
        lines = done.stderr.splitlines()
        if command == "check":
            assert done.stdout == "" and "the text goes nowhere" not in done.stderr
            # Nothing else is said of it, and it is the last line.
            assert re.fullmatch(line, lines[-1]) and "warning" not in done.stderr, done.stderr
        else:
            assert len([each for each in lines if re.fullmatch(line, each)]) == 1, done.stderr


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_script_that_fails(site, tmp_path, failure, engine):
    text, reason = FAILURES[failure]
    check_both(tmp_path, site(text, engine=engine), reason)


@pytest.mark.skipif(not AS_ROOT, reason="only root needs another user")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("user", "reason"), [
    ("", r"set opcache\.preload_user, too: .*"),
    ("no-such-user", r"there is no user 'no-such-user', which opcache\.preload_user names"),
])
def test_its_user(site, tmp_path, user, reason, engine):
    check_both(tmp_path, site("<?php class Preloaded {}", user, engine), reason)


@pytest.mark.skipif(not AS_ROOT, reason="only root can preload as another user")
def test_a_failure_as_another_user(site, tmp_path):
    """PHP preloads in a process of that user, whose error is not lost."""
    (tmp_path / "preload.php").touch()
    for directory in (tmp_path, *tmp_path.parents):
        if os.stat(directory).st_mode & 0o005 != 0o005:
            os.chmod(directory, os.stat(directory).st_mode | 0o005)
    check_both(tmp_path, site("<?php throw new Exception(posix_geteuid() ? 'not root' : 'root');", "nobody", engine=default_engine()),
               r"Uncaught Exception: not root in .*preload\.php:1")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_script_that_works(site, tmp_path, engine):
    """`tusk check` runs it as a start does, and says so. What it warns of does not keep PHP from starting."""
    script, ran = tmp_path / "preload.php", tmp_path / "ran"
    options = site(f"<?php class Preloaded {{}} file_put_contents('{ran}', 'x', FILE_APPEND); echo 'output';",
                   engine=engine)
    done = run_tusk("check", *options)
    assert done.returncode == 0 and "output" not in done.stdout + done.stderr
    assert re.search(rf"^opcache\.preload: {script} was run as a start does it, by user \S+", done.stdout, re.M)
    assert ran.read_text() == "x"
    (tmp_path / "other.php").write_text("<?php class Other extends NoSuchParent {}")
    script.write_text("<?php opcache_compile_file(__DIR__ . '/other.php');")
    done = run_tusk("check", *options)
    assert done.returncode == 0 and "configuration ok, " in done.stdout
    assert re.search(r"warning: PHP: Can't preload unlinked class Other: Unknown parent NoSuchParent", done.stderr)
    assert run_tusk("check", "--strict", *options).returncode == 2
    # Without OPcache there is no preloading.
    script.write_text("<?php exit(1);")
    assert run_tusk("check", *options, *directives(enable=0)).returncode == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_warning_does_not_keep_it_from_serving(site, start_tusk, tmp_path, engine):
    (tmp_path / "other.php").write_text("<?php class Other extends NoSuchParent {}")
    _, root, *options = site(
        "<?php class Preloaded {} opcache_compile_file(__DIR__ . '/other.php');", engine=engine)
    tusk = start_tusk(root, *options)
    assert tusk.get("/hello.php").text == "preloaded"
    tusk.wait_for_log("Can't preload unlinked class Other")
