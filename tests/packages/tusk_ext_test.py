"""packaging/tusk-ext: extensions are built against a real PHP, tried before they are enabled, and removed again.

The PHP is the one that tusk was built with; its extension directory and conf.d are replaced by directories of the test.
Building apcu needs Debian's archive: without it that test is skipped, and says so."""

import http.server
import io
import os
import re
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from harness.php_build import is_debians

REPOSITORY = Path(__file__).resolve().parents[2]
TOOL = REPOSITORY / "packaging/tusk-ext"
PHP_TOOL = REPOSITORY / "tools/setup/php.sh"

CONFIG_M4 = """PHP_ARG_ENABLE([NAME], [], [], [yes])
PHP_NEW_EXTENSION([NAME], [NAME.c], [$ext_shared])
"""
SOURCE = """#include "php.h"
#include <stdlib.h>
static PHP_MINIT_FUNCTION(NAME) { START; return SUCCESS; }
zend_module_entry NAME_module_entry = {STANDARD_MODULE_HEADER, "NAME", NULL, PHP_MINIT(NAME), NULL, NULL, NULL,
                                       NULL, "1.2.3", STANDARD_MODULE_PROPERTIES};
ZEND_GET_MODULE(NAME)
"""


@pytest.fixture(scope="module")
def real_config() -> Path:
    if is_debians():
        pytest.skip("Debian's PHP has its extensions as packages")
    done = subprocess.run([PHP_TOOL, "--print"], capture_output=True, text=True, timeout=60)
    config = Path(done.stdout.strip() or "/nonexistent")
    if not config.exists():
        pytest.skip("no PHP of tusk's own was built: make php")
    if any(shutil.which(program) is None for program in ("autoconf", "gcc", "g++", "make", "pkg-config")):
        pytest.skip("a compiler, autoconf or pkg-config is not installed")
    return config


@pytest.fixture
def config(real_config, tmp_path) -> Path:
    """A php-config of the same PHP with places of its own for extensions."""
    for name in ("bin", "extensions", "conf.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/phpize").symlink_to(real_config.with_name("phpize"))
    path = tmp_path / "bin/php-config"
    path.write_text(
        "#!/bin/sh\ncase $1 in\n"
        f"--extension-dir) echo '{tmp_path}/extensions' ;;\n--ini-dir) echo '{tmp_path}/conf.d' ;;\n"
        f"*) exec '{real_config}' \"$@\" ;;\nesac\n"
    )
    path.chmod(0o755)
    return path


def tusk_ext(config, *arguments: str, env: dict | None = None) -> subprocess.CompletedProcess:
    command = [TOOL, "--php-config", config, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=1200, env=env)


def source(tmp_path: Path, name: str, start: str = "") -> Path:
    """The sources of a small extension. `start` is what it does when PHP starts."""
    directory = tmp_path / name
    directory.mkdir()
    (directory / "config.m4").write_text(CONFIG_M4.replace("NAME", name))
    (directory / f"{name}.c").write_text(SOURCE.replace("NAME", name).replace("START", start))
    return directory


def enabled(config: Path) -> list:
    return sorted(path.name for folder in ("extensions", "conf.d") for path in (config.parents[1] / folder).iterdir())


@pytest.mark.timeout(1300)
def test_a_source_is_built_enabled_and_removed(config, tmp_path):
    """From a tarball as PECL has it; a second time it is there already."""
    source(tmp_path, "sample")
    (tmp_path / "sample").rename(tmp_path / "sample-1.2.3")
    tarball = tmp_path / "sample-1.2.3.tgz"
    subprocess.run(["tar", "-czf", tarball, "-C", tmp_path, "sample-1.2.3"], check=True)
    done = tusk_ext(config, "install", str(tarball))
    assert done.returncode == 0 and "sample 1.2.3 is enabled" in done.stdout, done.stdout + done.stderr
    assert enabled(config) == ["50-sample.ini", "sample.so"]
    assert "extension=sample\n" in (tmp_path / "conf.d/50-sample.ini").read_text()
    again = tusk_ext(config, "install", str(tarball))
    assert again.returncode == 0 and "there already" in again.stdout
    shown = tusk_ext(config, "list").stdout.splitlines()
    assert shown[0].startswith(f"sample 1.2.3 from {tarball}, for PHP 8.") and " json " in shown[-1]
    assert "sample" not in shown[-1]
    removed = tusk_ext(config, "remove", "sample")
    assert removed.returncode == 0 and enabled(config) == []


@pytest.mark.timeout(1300)
def test_a_source_that_does_not_compile_shows_the_end_of_its_log(config, tmp_path):
    done = tusk_ext(config, "install", str(source(tmp_path, "broken", "no such name")))
    assert done.returncode == 1 and enabled(config) == []
    assert "broken does not build; the end of /" in done.stderr and "error:" in done.stderr
    Path(done.stderr.split("the end of ")[1].split(":\n")[0]).unlink()


@pytest.mark.timeout(1300)
def test_what_was_installed_before_a_failure_is_loaded(config, tmp_path):
    """The first of two is enabled when the second does not build, and a running tusk is told."""
    first, second = source(tmp_path, "sample"), source(tmp_path, "broken", "no such name")
    done = tusk_ext(config, "install", str(first), str(second))
    assert done.returncode == 1 and enabled(config) == ["50-sample.ini", "sample.so"]
    assert done.stdout.splitlines()[-1] == "a tusk that runs takes the change with: tusk reload --php"
    Path(done.stderr.split("the end of ")[1].split(":\n")[0]).unlink()


@pytest.mark.timeout(1300)
def test_an_extension_that_ends_php_is_not_enabled(config, tmp_path):
    """It is loaded once before it is enabled."""
    done = tusk_ext(config, "install", str(source(tmp_path, "suicide", "abort()")))
    assert done.returncode == 1 and enabled(config) == []
    assert "PHP ends when it loads it" in done.stderr and "not enabled" in done.stderr


@pytest.mark.timeout(1300)
def test_an_extension_that_is_known_not_to_be_safe_is_named(config, tmp_path):
    """By the installation, and by the audit as long as it is loaded."""
    assert tusk_ext(config, "audit").returncode == 0
    done = tusk_ext(config, "install", str(source(tmp_path, "imap")))
    assert done.returncode == 0 and "imap is known not to be safe under threads: its library" in done.stderr
    audit = tusk_ext(config, "audit")
    assert audit.returncode == 1 and audit.stdout.startswith("imap is known not to be safe under threads: ")


@pytest.mark.timeout(1300)
def test_the_extension_has_the_name_of_its_source(config, tmp_path):
    """The repository of mongodb is mongo-php-driver, and a directory may have any name: what counts is config.m4."""
    source(tmp_path, "sample").rename(tmp_path / "php-sample-driver")
    done = tusk_ext(config, "install", str(tmp_path / "php-sample-driver"))
    assert done.returncode == 0 and "sample 1.2.3 is enabled" in done.stdout, done.stdout + done.stderr
    assert enabled(config) == ["50-sample.ini", "sample.so"]
    assert "sample is there already" in tusk_ext(config, "install", str(tmp_path / "php-sample-driver")).stdout
    assert tusk_ext(config, "remove", "sample").returncode == 0 and enabled(config) == []


def test_a_clone_without_its_submodules_says_how_to_get_them(config, tmp_path):
    """And so does what GitHub packs, which has no submodules either."""
    directory = source(tmp_path, "sample")
    (directory / ".gitmodules").write_text('[submodule "x"]\n\tpath = src/libx\n\turl = https://example.org/x\n')
    packed = tusk_ext(config, "install", str(directory))
    assert packed.returncode == 1 and "has no src/libx, a submodule" in packed.stderr and "PECL" in packed.stderr
    (directory / ".git").mkdir()
    (directory / "src/libx").mkdir(parents=True)
    clone = tusk_ext(config, "install", str(directory))
    assert clone.returncode == 1 and f"git -C {directory} submodule update --init" in clone.stderr
    assert enabled(config) == []


# --- PECL ---


class Pecl:
    """PECL on a port of 127.0.0.1: it answers /get/NAME with what put() was given, and remembers what was asked for."""

    def __init__(self):
        self.files, self.asked = {}, []
        pecl = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                pecl.asked.append(self.path)
                content = pecl.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"no such package")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.env = os.environ | {"TUSK_PECL": f"http://127.0.0.1:{self._server.server_port}/"}
        self.env |= {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}

    def put(self, path: str, *entries) -> None:
        """An archive of entries (name, content) or tarfile.TarInfo."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for entry in entries:
                if isinstance(entry, tarfile.TarInfo):
                    archive.addfile(entry)
                    continue
                about = tarfile.TarInfo(entry[0])
                about.size = len(entry[1])
                archive.addfile(about, io.BytesIO(entry[1].encode()))
        self.files[path] = packed.getvalue()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def pecl():
    served = Pecl()
    yield served
    served.close()


def package(name: str, version: str, *more, xml: str = "", start: str = "") -> list:
    """What an archive of PECL has."""
    xml = xml or f"<?xml version='1.0'?>\n<package>\n <name>{name}</name>\n <date>2026-01-01</date>\n</package>\n"
    folder = f"{name}-{version}"
    return [
        ("package.xml", xml),
        (f"{folder}/config.m4", CONFIG_M4.replace("NAME", name)),
        (f"{folder}/{name}.c", SOURCE.replace("NAME", name).replace("START", start)),
        *more,
    ]


@pytest.mark.timeout(1300)
def test_an_extension_of_pecl_is_downloaded_and_built(config, pecl):
    """The newest version, and one that is named; what is there already is not downloaded again."""
    pecl.put("/get/Sample", *package("sample", "1.2.3"))
    done = tusk_ext(config, "install", "pecl:Sample", env=pecl.env)
    assert done.returncode == 0 and "sample 1.2.3 is enabled" in done.stdout, done.stdout + done.stderr
    assert enabled(config) == ["50-sample.ini", "sample.so"] and pecl.asked == ["/get/Sample"]
    assert tusk_ext(config, "list").stdout.startswith("sample 1.2.3 from PECL's sample 1.2.3, for PHP 8.")
    again = tusk_ext(config, "install", "pecl:sample@1.2.3", env=pecl.env)
    assert again.returncode == 0 and "sample is there already" in again.stdout and pecl.asked == ["/get/Sample"]
    pecl.put("/get/sample-1.2.2", *package("sample", "1.2.2"))
    older = tusk_ext(config, "--force", "install", "pecl:sample@1.2.2", env=pecl.env)
    assert older.returncode == 0 and pecl.asked[1:] == ["/get/sample-1.2.2"], older.stderr
    assert " from PECL's sample 1.2.2, " in tusk_ext(config, "list").stdout


@pytest.mark.timeout(1300)
def test_the_extension_of_a_package_may_have_another_name(config, pecl):
    """As that of pecl_http has."""
    folder = "pecl_sample-1.2.3"
    files = package("sample", "1.2.3", xml="<package><name>pecl_sample</name></package>")
    pecl.put("/get/pecl_sample", *[(name.replace("sample-1.2.3", folder), text) for name, text in files])
    done = tusk_ext(config, "install", "pecl:pecl_sample", env=pecl.env)
    assert done.returncode == 0 and enabled(config) == ["50-sample.ini", "sample.so"], done.stdout + done.stderr


LINK = tarfile.TarInfo("bad-1.0/link")
LINK.type, LINK.linkname = tarfile.SYMTYPE, "/etc"
BAD = {
    "outside": (package("bad", "1.0", ("bad-1.0/../../outside", "x")), "has the path bad-1.0/../../outside"),
    "absolute": (package("bad", "1.0", ("/tmp/absolute", "x")), "has the path /tmp/absolute"),
    "beside": (package("bad", "1.0", ("beside", "x")), "has beside beside its folder"),
    "two": (package("bad", "1.0", ("other/file", "x")), "more than one folder (bad-1.0, other)"),
    "link": (package("bad", "1.0", LINK), "has links or devices"),
    "no_xml": (package("bad", "1.0")[1:], "has no package.xml"),
    "only_xml": (package("bad", "1.0")[:1], "has no folder"),
    "another": (package("bad", "1.0", xml="<package><name>good</name></package>"), "names the package 'good' and not 'bad'"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_archive_that_is_not_pecls_is_refused(config, pecl, case):
    """Before anything of it is compiled."""
    entries, message = BAD[case]
    pecl.put("/get/bad-1.0", *entries)
    done = tusk_ext(config, "install", "pecl:bad@1.0", env=pecl.env)
    assert done.returncode == 1 and message in done.stderr and pecl.env["TUSK_PECL"] in done.stderr, done.stderr
    assert "building" not in done.stdout and enabled(config) == []


def test_messages_about_pecl_say_what_to_do(config, pecl, tmp_path):
    """No network, no such package, no archive, and names that are none."""
    pecl.files["/get/page"] = b"<html>please log in</html>"
    for given, message in {
        "pecl:absent": "PECL has no absent: http://127.0.0.1",
        "pecl:absent@9": "PECL has no absent 9: http://127.0.0.1",
        "pecl:page": "sent is no tgz",
        "pecl:../x": "'pecl:../x' is not understood: pecl:NAME or pecl:NAME@VERSION",
        "pecl:x@": "is not understood",
        "pecl:x@../y": "is not understood",
    }.items():
        done = tusk_ext(config, "install", given, env=pecl.env)
        assert done.returncode == 1 and message in done.stderr, done.stderr
    asked = len(pecl.asked)
    pecl.close()
    done = tusk_ext(config, "install", "pecl:sample", env=pecl.env)
    assert done.returncode == 1 and "cannot reach http://127.0.0.1" in done.stderr
    assert "Without the network, give the path of a source" in done.stderr and len(pecl.asked) == asked
    assert enabled(config) == []


def test_the_page_has_the_same_table():
    """docs/extensions.md shows the table that tusk is compiled with."""
    table = (REPOSITORY / "src/app/engine/unsafe_extensions.h").read_text()
    known = re.findall(r'^([a-z0-9_]+)\|(.+)$', table, re.M)
    page = (REPOSITORY / "docs/extensions.md").read_text()
    assert len(known) >= 4
    for name, why in known:
        assert f"| {name} | {why} |" in page, name


def test_what_is_a_part_of_php_is_there_already(config):
    done = tusk_ext(config, "install", "json")
    assert done.returncode == 0 and "json is there already" in done.stdout and enabled(config) == []


def test_messages_say_what_to_do(config, tmp_path):
    """Wrong names, and a system without what a build needs."""
    (tmp_path / "empty").mkdir()
    done = tusk_ext(config, "install", str(tmp_path / "empty"))
    assert done.returncode == 1 and "has no config.m4" in done.stderr
    assert "there is no ./absent.tgz" in tusk_ext(config, "install", "./absent.tgz").stderr
    assert "is not the name of an extension" in tusk_ext(config, "install", "no;name").stderr
    assert "was not installed by tusk-ext" in tusk_ext(config, "remove", "json").stderr
    assert tusk_ext(config, "install").returncode == 2
    assert "is it a php-config?" in tusk_ext(Path("/bin/false"), "list").stderr
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "sh", "cat", "dirname", "basename", "readlink", "grep", "sed", "mkdir", "tr", "sort", "head"):
        (programs / name).symlink_to(shutil.which(name))
    done = tusk_ext(config, "install", "apcu", env={"PATH": str(programs), "HOME": str(tmp_path)})
    assert done.returncode == 1 and "apt install autoconf make gcc g++ pkg-config tar" in done.stderr


def test_it_needs_no_home_directory(tmp_path):
    """As where a configuration management or systemd runs it: it looks for a PHP all the same."""
    done = subprocess.run([TOOL, "list"], capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})
    assert "unbound" not in done.stderr and (done.returncode == 0 or "there is no PHP to build for" in done.stderr)


def test_debians_php_is_left_to_its_packages(tmp_path):
    config = tmp_path / "php-config"
    config.write_text("#!/bin/sh\ncase $1 in --version) echo 8.2.1 ;; --prefix) echo /usr ;; esac\n")
    config.chmod(0o755)
    done = tusk_ext(config, "install", "redis")
    assert done.returncode == 1 and "apt install php8.2-NAME" in done.stderr


@pytest.mark.timeout(1300)
def test_apcu_is_built_from_debians_source(config, tmp_path):
    """Without a deb-src line in the system. A name that Debian does not have is refused."""
    done = tusk_ext(config, "install", "apcu")
    if "cannot read the list" in done.stderr or "cannot download" in done.stderr or "no Debian mirror" in done.stderr:
        pytest.skip("Debian's archive is not reachable: " + done.stderr.strip()[-200:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert enabled(config) == ["50-apcu.ini", "apcu.so"]
    assert "apcu 5." in tusk_ext(config, "list").stdout.splitlines()[0]
    unknown = tusk_ext(config, "install", "nosuchextension")
    assert unknown.returncode == 1 and "has no source of an extension 'nosuchextension'" in unknown.stderr
