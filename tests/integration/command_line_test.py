"""The program's commands and options: help, checks, precedence, and mistakes."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.engine import default_engine
from harness.php_build import php_version
from harness.server import BINARY, PHP_SCRIPTS, environment, run_tusk, sanitizer
from harness.wait import PATIENCE_S

TESTS = Path(__file__).resolve().parents[1]


def effective(*args, env=None) -> dict:
    """Returns name → (value, where it came from)."""
    done = run_tusk("config", "--json", "--root", PHP_SCRIPTS, *args, env=env)
    assert done.returncode == 0, done.stderr
    return {
        option["name"]: (option["value"], option["source"]) for option in json.loads(done.stdout)
    }


def help_of(*args) -> str:
    """What is printed on stdout, with status 0, in lines of a terminal with 80 columns."""
    done = run_tusk(*args)
    assert done.returncode == 0 and done.stderr == ""
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    return done.stdout


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["help"]])
def test_help_fits_on_a_screen(args):
    """The commands, the options that most users need, and how to see the rest."""
    text = help_of(*args)
    assert len(text.splitlines()) <= 46
    for word in ("--listen", "--root", "--workers", "-c", "-d", "check", "config", "reload", "tusk help all"):
        assert word in text
    assert "use-stub" not in text


# Of both programs.
@pytest.mark.parametrize(
    "command",
    "serve check config route preload version help reload status ready workers top profile init doctor "
    "stop upgrade reopen-logs".split(),
)
def test_each_command_has_help_of_its_own(command):
    """Only its own usage and options; `tusk help COMMAND` is the same, but for `workers`, a group."""
    text = help_of(command, "--help")
    assert command in text.splitlines()[0] and text.startswith("Usage: tusk")
    assert len(text.splitlines()) <= 45
    asked = help_of("help", command)
    assert asked.startswith(text) or command == "workers" and "tusk workers --help the command" in asked


def test_help_on_topics():
    """A group, an option by any of its names, another server's name, a word, everything."""
    assert "--tls-cert" in help_of("help", "tls") and "--workers" not in help_of("help", "tls")
    option = help_of("help", "--drain-timeout")
    for name in ("drain_timeout", "TUSK_DRAIN_TIMEOUT", "DRAIN_TIMEOUT_SECS"):
        assert name in option and help_of("help", name) == option
    assert "--request-body-bytes" in help_of("help", "client_max_body_size")
    words = help_of("help", "timeout")
    assert "--idle-timeout" in words and "--root" not in words
    assert help_of("help", "--root", "--listen").count("\n    in the file ") == 2
    assert len(help_of("help", "all").splitlines()) > 300


def test_help_on_nothing_names_the_nearest():
    for word, nearest in (("loging", "tusk help logging"), ("--wokers", "--workers")):
        done = run_tusk("help", word)
        assert done.returncode == 2 and done.stdout == ""
        assert f"did you mean {nearest}?" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [["--version"], ["-v"], ["version"]])
def test_version(args):
    """Prints one line on stdout with tusk's version and PHP's."""
    done = run_tusk(*args)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("tusk ") and f" {php_version()}." in done.stdout


def test_every_option_is_in_the_help():
    """`tusk config` and `tusk help all` come from the same table: each name with its variable, and the
    beginning of its description."""
    text = " ".join(help_of("help", "all").split())
    options = json.loads(run_tusk("config", "--json", "--root", PHP_SCRIPTS).stdout)
    assert len(options) > 30
    renamed = {"config_file": "CONFIG", "document_root": "ROOT", "php_workers": "WORKERS", "php": "DEFINE"}
    for option in options:
        name = renamed.get(option["name"], option["name"].upper())
        assert f"[TUSK_{name}, default" in text, name
        assert option["doc"][:20] in text, name


def test_check():
    """Reports status 0 and a summary for a configuration that would work, without serving
    anything."""
    done = run_tusk("check", "--root", PHP_SCRIPTS, "--workers", 3)
    assert done.returncode == 0 and done.stderr == ""
    assert "ok" in done.stdout and str(PHP_SCRIPTS) in done.stdout and "3 workers" in done.stdout


def test_flag_environment_file_default(tmp_path):
    """The order in which a value is searched for, with one source less each time; `config` names
    the source."""
    file = tmp_path / "tusk.toml"
    file.write_text(
        'queue_capacity = 11\nlog_level = "debug"\nlisten = ["127.0.0.1:1", "127.0.0.1:2"]\n'
        'php_workers = 5\n[php]\nmemory_limit = "64M"\nprecision = 5\n'
    )
    env = {"QUEUE_CAPACITY": "22", "PHP_WORKERS": "6", "LOG_LEVEL": ""}
    at = ("--config", file)
    assert effective(*at, "--queue-capacity", 33, env=env)["queue_capacity"] == (
        33,
        "flag --queue-capacity",
    )
    assert effective(*at, env=env)["queue_capacity"] == (22, "environment QUEUE_CAPACITY")
    assert effective(*at)["queue_capacity"] == (11, f"file {file}:1")
    value, source = effective()["queue_capacity"]
    assert source.startswith("default")
    seen = effective(*at, env=env)
    assert seen["php_workers"] == (6, "environment PHP_WORKERS")
    assert seen["log_level"] == ("debug", f"file {file}:2"), "an empty variable counts as unset"
    assert seen["listen"][0] == ["127.0.0.1:1", "127.0.0.1:2"]
    assert effective(*at, "--listen", "127.0.0.1:3")["listen"][0] == ["127.0.0.1:3"]
    assert effective(*at, env={"LISTEN_ADDR": "127.0.0.1:4,127.0.0.1:5"})["listen"][0] == [
        "127.0.0.1:4",
        "127.0.0.1:5",
    ]


def test_a_variable_has_tusk_in_front(tmp_path):
    """TUSK_ and the flag's name is the variable; older names are understood, and it overrides them."""
    env = {"TUSK_WORKERS": "3", "PHP_WORKERS": "2", "TUSK_DRAIN_TIMEOUT": "7s", "QUEUE_TIMEOUT_SECS": "8"}
    seen = effective(env=env)
    assert seen["php_workers"] == (3, "environment TUSK_WORKERS")
    assert seen["drain_timeout"] == (7000, "environment TUSK_DRAIN_TIMEOUT")
    assert seen["queue_timeout"] == (8000, "environment QUEUE_TIMEOUT_SECS")
    assert effective(env={"TUSK_ROOT": str(tmp_path)})  # --root of effective() overrides it
    done = run_tusk("config", env={"TUSK_ROOT": str(tmp_path)})
    assert re.search(rf'^document_root = "{tmp_path}" +# environment TUSK_ROOT$', done.stdout, re.M)


def test_a_variable_that_cannot_be_understood(tmp_path):
    """A TUSK_ variable is meant for tusk: an error. A bare word may be the application's: a warning."""
    at = ("check", "--root", PHP_SCRIPTS)
    for name, value in (("ACCESS_LOG", "/var/log/a.log"), ("COMPRESSION", "true"), ("PROCESSES", "web=2")):
        done = run_tusk(*at, env={name: value})
        assert done.returncode == 0 and f"warning: {name}: " in done.stderr, done.stderr
        assert f"tusk's own name for it is TUSK_{name}" in done.stderr
        done = run_tusk(*at, env={f"TUSK_{name}": value})
        assert done.returncode == 2 and f"tusk: TUSK_{name}: " in done.stderr, done.stderr


def test_an_unknown_variable_of_tusk_is_a_warning():
    done = run_tusk("check", "--root", PHP_SCRIPTS, env={"TUSK_WOKERS": "4"})
    assert done.returncode == 0
    assert "warning: the environment variable TUSK_WOKERS is not known and has no effect; " in done.stderr
    assert "did you mean TUSK_WORKERS?" in done.stderr


def test_the_variables_of_these_tests_are_not_warned_about():
    """A developer has them in the shell in which tusk runs."""
    read = re.compile(r"""environ(?:\.get\(|\[)["'](TUSK_\w+)""")
    names = {name for file in TESTS.glob("**/*.py") for name in read.findall(file.read_text())}
    assert {"TUSK_BINARY", "TUSK_PREFIX"} <= names
    done = run_tusk("config", "--root", PHP_SCRIPTS, env=dict.fromkeys(names, "x"))
    assert done.returncode == 0 and done.stderr == ""


def test_a_flags_name_is_a_key_of_the_file(tmp_path):
    """With dashes or underscores; `config` and messages say the name that was used."""
    file = tmp_path / "tusk.toml"
    file.write_text(f'root = "{PHP_SCRIPTS}"\nworkers = 3\ndrain-timeout = "10s"\n')
    done = run_tusk("config", "--json", "--config", file)
    seen = {option["name"]: option for option in json.loads(done.stdout)}
    assert (seen["php_workers"]["value"], seen["php_workers"]["source"]) == (3, f"file {file}:2, as workers")
    assert seen["drain_timeout"]["text"] == "10s"
    assert seen["document_root"]["source"] == f"file {file}:1, as root"
    file.write_text('workers = "three"\n')
    done = run_tusk("check", "--config", file)
    assert done.returncode == 2 and f"{file}:1: workers: 'three' is not" in done.stderr
    file.write_text("workers = 3\nlog_level = 'off'\nphp_workers = 4\n")
    done = run_tusk("check", "--config", file)
    assert done.returncode == 2
    assert done.stderr == f"tusk: {file}:3: php_workers and workers (line 1) are two names of one option: keep one\n"


def test_the_changed_values_are_a_configuration(tmp_path):
    """`config --changed` prints what differs from the defaults, and that can be pasted into a file."""
    at = ("config", "--changed")
    plain = {"ENGINE": ""}  # the one that these tests run with would be such a value
    assert run_tusk(*at, env=plain, cwd=tmp_path).stdout == "# Every value is its default.\n"
    (tmp_path / "index.php").touch()
    given = ("--root", tmp_path, "--workers", 3, "--preset", "wordpress", "--log-level", "info", "-d", "precision=3")
    first = run_tusk(*at, *given, env=plain | {"TUSK_IDLE_TIMEOUT": "9s"})
    lines = first.stdout.splitlines()
    assert [line.split(" = ")[0] for line in lines[:4]] == ["document_root", "preset", "# fallback", "# static_only"]
    assert "log_level" not in first.stdout and "queue_capacity" not in first.stdout
    assert re.search(r'^idle_timeout = "9s" +# environment TUSK_IDLE_TIMEOUT$', first.stdout, re.M)
    file = tmp_path / "again.toml"
    file.write_text(first.stdout)

    def values(*args, **more) -> dict:
        options = json.loads(run_tusk("config", "--json", *args, **more).stdout)
        return {option["name"]: option["value"] for option in options if option["name"] != "config_file"}

    assert values("--config", file, env=plain) == values(*given, env=plain | {"TUSK_IDLE_TIMEOUT": "9s"})
    changed = json.loads(run_tusk(*at, "--json", "--workers", 3, env=plain, cwd=tmp_path).stdout)
    assert [option["name"] for option in changed] == ["php_workers"]


def test_the_order_holds_for_a_server(start_tusk, tmp_path):
    """The order also applies to a running server: PHP directives are merged by name."""
    file = tmp_path / "tusk.toml"
    file.write_text(
        f'document_root = "{PHP_SCRIPTS}"\nphp_workers = 3\nqueue_capacity = 9\n'
        '[php]\nmemory_limit = "64M"\nprecision = 5\n"session.name" = "FROMFILE"\n'
    )
    tusk = start_tusk(
        None,
        "--config",
        file,
        "--workers",
        1,
        "-d",
        "precision=7",
        env={"PHP_DEFINE": "memory_limit=96M;precision=6"},
        cwd=tmp_path,
    )
    metrics = tusk.metrics()
    assert metrics.value("tusk_queue_capacity") == 9 and metrics.total("tusk_workers") == 1
    ini = tusk.get("/ini.php?names=memory_limit,precision,session.name").json()
    assert ini == {"memory_limit": "96M", "precision": "7", "session.name": "FROMFILE"}


def test_the_output_of_config_is_a_configuration(tmp_path):
    """`tusk config` prints TOML that produces the same values again."""
    done = run_tusk("config", "--root", PHP_SCRIPTS, "--workers", 4, "-d", "precision=3")
    file = tmp_path / "again.toml"
    file.write_text(done.stdout)
    again = run_tusk("config", "--config", file)
    assert again.returncode == 0 and again.stderr == ""

    def values(text):
        return [
            line.partition("#")[0].rstrip()
            for line in text.splitlines()
            if not line.startswith("#")
        ]

    assert values(again.stdout) == values(done.stdout)


def test_times_in_days_weeks_and_compounds():
    """They are accepted from any source, as in configurations of comparable servers."""
    env = {"STATIC_CACHE_TTL": "1d", "HSTS": "2w", "TLS_TICKET_ROTATION_SECS": "1h30m"}
    seen = effective("--idle-timeout", "1m30s", env=env)
    assert [seen[name][0] for name in ("static_cache_ttl", "hsts", "tls_ticket_rotation", "idle_timeout")] == [
        86_400_000, 14 * 86_400_000, 5_400_000, 90_000,
    ]  # fmt: skip


# what was typed → what the message must name
MISTAKES = {
    "unknown flag": (["--wokers", "3"], "--workers"),
    "unknown flag with value": (["--quue-capacity=3"], "--queue-capacity"),
    "underscores": (["--queue_capacity", "3"], "--queue-capacity"),
    "name of the environment": (["--document-root", "."], "--root"),
    "unknown short flag": (["-x"], "-x"),
    "unknown command": (["chek"], "check"),
    "directory as argument": (["/srv/www"], "--root /srv/www"),
    "argument too many": (["check", "more"], "more"),
    "missing value": (["--workers"], "--workers"),
    "missing value before a flag": (["--root", "--workers", "2"], "--root"),
    "not a number": (["--workers", "many"], "many"),
    "negative": (["--workers", "-1"], "-1"),
    "too large": (["--workers", "99999"], "99999"),
    "not a duration": (["--drain-timeout", "soon"], "soon"),
    "not a size": (["--request-body-bytes", "1X"], "1X"),
    "below the least": (["--request-header-bytes", "10"], "10"),
    "not a choice": (["--log-level", "loud"], "loud"),
    "not an address": (["--listen", "somewhere"], "somewhere"),
    "bad port": (["--listen", "127.0.0.1:70000"], "70000"),
    "not a switch's value": (["--access-log=maybe"], "maybe"),
    "directive without a name": (["-d", "=1"], "-d"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_use_is_status_2_and_names_the_right_way(name):
    """There is one clear line on stderr, nothing on stdout, and no server starts."""
    args, hint = MISTAKES[name]
    done = run_tusk(*args)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("tusk: ")
    assert hint in done.stderr


def test_all_mistakes_are_reported_at_once():
    """Three mistakes cause three lines, so that the user need not try three times."""
    done = run_tusk("check", "--wokers", "3", "--log-level", "loud", env={"QUEUE_CAPACITY": "lots"})
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 3
    for text in ("--workers", "loud", "QUEUE_CAPACITY"):
        assert text in done.stderr


def test_mistakes_in_the_environment_and_the_file(tmp_path):
    """An invalid value in the environment is refused, and a name that looks like a misspelt
    option causes a warning; an unknown key in the file is refused with its line and the most
    similar name."""
    done = run_tusk("check", env={"PHP_WORKERS": "many"})
    assert done.returncode == 2 and "PHP_WORKERS" in done.stderr
    done = run_tusk("check", "--root", PHP_SCRIPTS, env={"PHP_WORKER": "3"})
    assert done.returncode == 0 and "PHP_WORKERS" in done.stderr
    file = tmp_path / "tusk.toml"
    file.write_text('log_level = "info"\nphp_wokers = 3\n')
    done = run_tusk("check", "--config", file)
    assert done.returncode == 2 and "php_workers" in done.stderr and f"{file}:2" in done.stderr
    file.write_text("log_level = \n")
    done = run_tusk("check", "--config", file)
    assert done.returncode == 2 and f"{file}:1" in done.stderr
    file.write_text('php_workers = "three"\n')
    done = run_tusk("check", "--config", file)
    assert done.returncode == 2 and "three" in done.stderr


def assert_fails_to_start(done, *texts):
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for text in texts:
        assert text in done.stderr


def test_a_port_that_is_taken(tmp_path):
    """Status 1 and one line with the address, for the public and for the internal server."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        root = ("--root", tmp_path)
        assert_fails_to_start(
            run_tusk(*root, "--listen", address, "--internal-addr", "off"), address, "in use"
        )
        assert_fails_to_start(
            run_tusk(*root, "--listen", "127.0.0.1:0", "--internal-addr", address),
            address,
            "in use",
        )


def test_missing_files_are_status_1(tmp_path):
    """Status 1 and one line for a root that does not exist or is not a directory, and for a
    missing php.ini. A configuration file that cannot be read is a mistake of the configuration: 2."""
    missing = tmp_path / "missing"
    (tmp_path / "file").touch()
    listen = ("--listen", "127.0.0.1:0", "--internal-addr", "off")
    assert_fails_to_start(run_tusk("--root", missing, *listen), str(missing))
    assert_fails_to_start(run_tusk("check", "--root", missing), str(missing))
    assert_fails_to_start(run_tusk("--root", tmp_path / "file", *listen), "not a directory")
    wrong = run_tusk("--config", missing, *listen)
    assert wrong.returncode == 2 and str(missing) in wrong.stderr and len(wrong.stderr.splitlines()) == 1
    assert_fails_to_start(run_tusk("--root", tmp_path, "-c", missing, *listen), str(missing))


def test_an_address_that_cannot_be_used(tmp_path):
    """An address of another machine: one line, status 1."""
    done = run_tusk("--root", tmp_path, "--listen", "192.0.2.1:80", "--internal-addr", "off")
    assert_fails_to_start(done, "192.0.2.1:80")


def test_serve_is_the_default_command(start_tusk):
    """`tusk --root DIR` equals `tusk serve --root DIR`; a relative root is relative to the
    working directory."""
    tusk = start_tusk("php", command=(), cwd=PHP_SCRIPTS.parent)
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.get("/path.php").json()["DOCUMENT_ROOT"] == str(PHP_SCRIPTS)


# --- limits of the process ---


def limited(*limits: str, command=()) -> subprocess.CompletedProcess:
    args = ["prlimit", *limits, BINARY, *command, "--root", PHP_SCRIPTS, "--listen", "127.0.0.1:0",
            "--internal-addr", "off", "--workers", "2", "--io-threads", "1"]  # fmt: skip
    return subprocess.run(
        args, env=environment(), text=True, capture_output=True, timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("serve",), ("check",)])
def test_too_few_descriptors_are_refused_at_the_start(command):
    """The message names the number that is needed; otherwise the server would start and never
    accept a connection."""
    ended = limited("--nofile=20:20", command=command)
    assert ended.returncode == 1
    found = re.search(r"only 20 descriptors may be open .*the server needs (\d+): (\d+) of its own", ended.stderr)
    # A worker process has a pair of sockets and more for itself.
    most = 80 if default_engine() == "threads" else 110
    assert found and 40 < int(found[1]) < most, ended.stderr


def test_the_named_number_of_descriptors_is_enough(start_tusk):
    """The number in the message is enough to serve, with a warning; one less is refused."""
    needed = int(re.search(r"the server needs (\d+)", limited("--nofile=20:20").stderr)[1])
    settings = ("--workers", 2, "--io-threads", 1, "--max-connections-per-client", 16)
    tusk = start_tusk(PHP_SCRIPTS, *settings, wrapper=("prlimit", f"--nofile={needed + 2}:{needed + 2}"))
    tusk.wait_for_log(r"warn +only \d+ descriptors may be open.*is a better number")
    kept = [tusk.raw() for _ in range(8)]
    for connection in kept:
        assert connection.get("/hello.php").text == "Hello World!"
    less = limited(f"--nofile={needed - 1}:{needed - 1}")
    assert less.returncode == 1 and f"the server needs {needed}" in less.stderr


def test_a_file_size_limit_below_that_of_bodies_is_a_warning():
    checked = limited("--fsize=8000000:8000000", command=("check",))
    assert checked.returncode == 0
    assert "no file may have more than 8000000 bytes" in checked.stderr
    assert "no file may" not in limited(command=("check",)).stderr


@pytest.mark.parametrize("command", [("serve",), ("check",)])
@pytest.mark.processes("threads share their memory without a file")
def test_a_file_size_limit_below_the_memory_of_a_worker_process_is_refused(start_tusk, command):
    """The memory that the server and a worker process share is a file for the kernel. The message names
    its size; that is enough."""
    ended = limited("--fsize=1000000:1000000", command=command)
    assert ended.returncode == 1
    found = re.search(r"no file may have more than 1000000 bytes .* each worker process has (\d+)", ended.stderr)
    assert found, ended.stderr
    tusk = start_tusk(PHP_SCRIPTS, wrapper=("prlimit", f"--fsize={found[1]}:{found[1]}"))
    assert tusk.get("/hello.php").text == "Hello World!"


# --- libphp ---

LINKED = pytest.mark.built_php("Debian's libphp is linked to the program of the PHP host, and stays where it is")


def libraries() -> dict:
    """Returns name → path, as the dynamic loader finds them."""
    listed = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"(\S+) => (/\S+)", listed)) | {
        Path(path).name: path for path in re.findall(r"^\s+(/\S+) ", listed, re.M)
    }


def test_no_other_libphp_is_loaded(tmp_path):
    """The loader could find another library of that name: Debian has one without threads."""
    other = next(path for name, path in libraries().items() if name.startswith("libz."))
    shutil.copy(other, tmp_path / "libphp.so")
    done = run_tusk("--version", env={"LD_LIBRARY_PATH": tmp_path})
    assert done.returncode == 0 and "PHP 8" in done.stdout, done.stderr


@LINKED
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_unreadable_libphp_is_named():
    with tempfile.TemporaryDirectory() as directory:  # readable for others, unlike pytest's
        os.chmod(directory, 0o755)
        program = Path(directory) / "tusk"
        shutil.copy(BINARY, program)
        libphp = Path(directory) / "libphp.so"
        shutil.copy(libraries()["libphp.so"], libphp)
        libphp.chmod(0o600)
        subprocess.run(["patchelf", "--replace-needed", libraries()["libphp.so"], libphp, program], check=True)
        done = subprocess.run(
            ["runuser", "-u", "nobody", "--", program, "--version"],
            capture_output=True, text=True, env=environment(),
        )  # fmt: skip
    assert done.returncode != 0
    assert f"{libphp}: cannot open shared object file: Permission denied" in done.stderr


@pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer must be loaded first")
def test_a_preloaded_libphp_is_not_used(tmp_path):
    """Another library with the name libphp.so is loaded already, by LD_PRELOAD for example."""
    other = tmp_path / "other.so"
    shutil.copy(next(path for name, path in libraries().items() if name.startswith("libz.")), other)
    subprocess.run(["patchelf", "--set-soname", "libphp.so", other], check=True)
    done = run_tusk("--version", env={"LD_PRELOAD": other})
    assert done.returncode == 0 and "PHP 8" in done.stdout, done.stderr


@LINKED
def test_a_moved_prefix_is_reported(tmp_path):
    """The program names the file that it cannot open, even if another libphp.so could be found."""
    program, gone = tmp_path / "tusk", tmp_path / "gone/libphp.so"
    shutil.copy(BINARY, program)
    here = libraries()["libphp.so"]
    subprocess.run(["patchelf", "--replace-needed", here, gone, program], check=True)
    done = subprocess.run(
        [program, "--version"], capture_output=True, text=True,
        env=environment({"LD_LIBRARY_PATH": Path(here).parent}),
    )  # fmt: skip
    assert done.returncode != 0
    assert f"{gone}: cannot open shared object file: No such file" in done.stderr
