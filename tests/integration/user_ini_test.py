"""Directives for one request only: .user.ini files, and [PATH=] and [HOST=] sections of php.ini."""

import json

import pytest

from harness.server import Server

SHOW = """<?php
$names = explode(',', $_GET['names']);
echo json_encode(array_map(ini_get(...), array_combine($names, $names)));
"""


def show(tusk: Server, path: str, *names: str, **options) -> dict:
    response = tusk.client.request(
        options.pop("method", "GET"), path, params={"names": ",".join(names)}, **options
    )
    assert response.status_code == 200, response.text
    return json.loads(response.text[response.text.index("{") :])


@pytest.fixture
def start(start_tusk):
    """One worker, so that anything that one request leaves behind would meet the next."""
    return lambda root, *arguments, **options: start_tusk(
        root, "--workers", 1, *arguments, **options
    )


def test_from_the_root_down_to_the_script(start, make_root):
    """The file that is nearer to the script wins; directives that are not for directories are
    ignored; the next request has the defaults."""
    root = make_root(
        {
            "show.php": SHOW,
            ".user.ini": "memory_limit = 64M\ndefault_charset = koi8-r\nallow_url_fopen = 0\n",
            "sub/deep/show.php": SHOW,
            "sub/.user.ini": 'memory_limit = 65M\narg_separator.output = "&amp;"\n',
            "sub/deep/.user.ini": "memory_limit = 66M\n",
            "sub/other/.user.ini": "memory_limit = 67M\n",
        }
    )
    (root.parent / ".user.ini").write_text("default_mimetype = text/above\n")
    tusk = start(root)
    names = ("memory_limit", "default_charset", "arg_separator.output", "allow_url_fopen")
    top = {"memory_limit": "64M", "default_charset": "koi8-r", "arg_separator.output": "&"}
    deep = {"memory_limit": "66M", "default_charset": "koi8-r", "arg_separator.output": "&amp;"}
    for path, expected in (("/show.php", top), ("/sub/deep/show.php", deep), ("/show.php", top)):
        seen = show(tusk, path, *names, "default_mimetype")
        assert seen == expected | {
            "allow_url_fopen": "1",
            "default_mimetype": "text/html",
        }


def test_a_file_is_read_again_after_its_ttl(start, make_root):
    """user_ini.cache_ttl: within it the file is not checked, after it the file is."""
    root = make_root({"show.php": SHOW, ".user.ini": "memory_limit = 64M\n"})
    kept = start(root, "-d", "user_ini.cache_ttl=3600")
    fresh = start(root, "-d", "user_ini.cache_ttl=-1")
    for tusk in (kept, fresh):
        assert show(tusk, "/show.php", "memory_limit")["memory_limit"] == "64M"
    (root / ".user.ini").write_text("memory_limit = 65M\n")
    assert show(kept, "/show.php", "memory_limit")["memory_limit"] == "64M"
    assert show(fresh, "/show.php", "memory_limit")["memory_limit"] == "65M"
    (root / ".user.ini").unlink()
    assert show(fresh, "/show.php", "memory_limit")["memory_limit"] == "128M"


@pytest.mark.parametrize("name", ["", "my.ini"])
def test_the_file_name_can_be_changed(start, make_root, name):
    """user_ini.filename; an empty name switches it off."""
    root = make_root(
        {"show.php": SHOW, ".user.ini": "memory_limit = 64M\n", "my.ini": "memory_limit = 65M\n"}
    )
    tusk = start(root, "-d", f"user_ini.filename={name}")
    expected = "65M" if name else "128M"
    assert show(tusk, "/show.php", "memory_limit")["memory_limit"] == expected


def test_directives_that_act_before_the_script(start, make_root):
    """Limits of uploads, prepended files, buffers: they are set in time, and reset afterwards."""
    root = make_root(
        {
            "plain/show.php": SHOW,
            "own/show.php": SHOW,
            "own/head.php": "<?php header('X-Prepended: yes');",
            "own/.user.ini": "upload_max_filesize = 10\npost_max_size = 4000\n"
            "auto_prepend_file = head.php\noutput_buffering = 4096\nmax_input_vars = 2\n",
            "own/upload.php": "<?php echo json_encode($_FILES['f']['error'] ?? null), ' ',"
            " ob_get_level(), ' ', count($_POST);",
            "plain/upload.php": "<?php echo json_encode($_FILES['f']['error'] ?? null), ' ',"
            " ob_get_level(), ' ', count($_POST);",
        }
    )
    tusk = start(root)
    form = {"a": "1", "b": "2", "c": "3"}
    for _ in range(2):
        own = tusk.post("/own/upload.php", files={"f": ("x", b"x" * 100)}, data=form)
        assert (own.text[-5:], own.headers.get("x-prepended")) == ("1 1 2", "yes")
        plain = tusk.post("/plain/upload.php", files={"f": ("x", b"x" * 100)}, data=form)
        assert (plain.text, plain.headers.get("x-prepended")) == ("0 0 3", None)
        large = tusk.post("/own/upload.php", files={"f": ("x", b"x" * 5000)})
        assert large.text.endswith("null 1 0"), "post_max_size"


def test_open_basedir(start, make_root):
    """A directory can confine its scripts; scripts of other directories are not confined."""
    root = make_root(
        {
            "secret.txt": "secret",
            "in/look.php": "<?php echo @file_get_contents('../secret.txt') ?: 'nothing';",
            "out/look.php": "<?php echo @file_get_contents('../secret.txt') ?: 'nothing';",
        }
    )
    (root / "in/.user.ini").write_text(f"open_basedir = {root}/in\n")
    tusk = start(root)
    for _ in range(2):
        assert tusk.get("/in/look.php").text == "nothing"
        assert tusk.get("/out/look.php").text == "secret"


@pytest.mark.parametrize(
    "text",
    [
        "[PATH=/]\nmemory_limit = 64M\nallow_url_fopen = 0\n",
        "[HOST=localhost]\nmemory_limit = 64M\n",
        "memory_limit[] = 64M\nerror_log[a] = b\n",
        "extension = nothing.so\nzend_extension = nothing.so\n",
        "this is = not ) an [ ini file\n",
        "\0\xff" * 5000,
        "memory_limit\n= 3\n[",
    ],
    ids=["PATH section", "HOST section", "arrays", "extensions", "nonsense", "binary", "cut off"],
)
def test_strange_files_break_nothing(start, make_root, text):
    """PHP's own code would mistake a section or an array for a string."""
    root = make_root({"show.php": SHOW, ".user.ini": text.encode("latin-1")})
    tusk = start(root, "-d", "user_ini.cache_ttl=-1")
    for _ in range(3):
        seen = show(tusk, "/show.php", "memory_limit", "allow_url_fopen")
        assert seen["memory_limit"] == "128M" and seen["allow_url_fopen"] == "1"


def test_sections_of_php_ini(start, make_root, tmp_path):
    """Sections for paths and hosts may set directives that .user.ini cannot; the nearer path
    wins, and a request after another's section has the defaults."""
    root = make_root({"show.php": SHOW, "sub/show.php": SHOW, "sub2/show.php": SHOW})
    php_ini = tmp_path / "php.ini"
    php_ini.write_text(
        f"memory_limit = 70M\nodd[] = 1\nodd[memory_limit] = 99M\n"
        f"[PATH={root}]\nmemory_limit = 71M\n"
        f"[PATH={root}/sub/]\nmemory_limit = 72M\nallow_url_fopen = 0\n"
        "[HOST=Shop.Example]\ndefault_charset = koi8-r\nallow_url_include = 0\n"
    )
    tusk = start(root, "-c", php_ini)
    names = ("memory_limit", "allow_url_fopen", "default_charset")

    def values(path: str, host: str = "localhost") -> tuple:
        seen = show(tusk, path, *names, headers={"Host": host})
        return tuple(seen[name] for name in names)

    for _ in range(2):
        assert values("/show.php") == ("71M", "1", "UTF-8")
        assert values("/sub/show.php") == ("72M", "0", "UTF-8")
        assert values("/sub2/show.php") == ("71M", "1", "UTF-8")
        assert values("/show.php", "shop.example:99") == ("71M", "1", "koi8-r")
        # A client may name a host that equals any text in php.ini.
        assert values("/show.php", "memory_limit") == ("71M", "1", "UTF-8")
        assert values("/show.php", "odd") == ("71M", "1", "UTF-8")
