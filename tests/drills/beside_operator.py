"""Rows of beside_nginx.py: messages to the operator. Each function tries one server or its
configuration check, and returns the result in a few words."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time

from differential import reference
from drills.beside_nginx import Side
from harness.raw import RawClient
from harness.server import environment

AS_ANY_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")


def run(command: list, side: Side, seconds: float = 4, wrapper=()) -> tuple:
    """Returns the status (None: it was still running) and all output, without the directory's
    name."""
    with subprocess.Popen(
        [str(word) for word in (*wrapper, *command)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment({}), start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said = process.communicate(timeout=seconds)[0]
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, status = process.communicate()[0], None
    return status, said.replace(f"{side.place}/", "")


def quoted(said: str, *words: str) -> str:
    """Returns the first line that contains one of the words, formatted as code, without time,
    level and process."""
    lines = [line for line in said.splitlines() if any(word in line for word in words)]
    if not lines:
        return "no word of it"
    line = re.sub(r"^.{0,11}\d\d:\d\d:\d\d\S* (\[?\w+\]? +)?(\d+#\d+: )?(\*\d+ )?", "", lines[0])
    line = re.sub(r"^(nginx|tusk): (\[\w+\] )?", "", line.strip())
    return f"`{line if len(line) < 120 else line[:117] + '…'}`"


def nginx_command(side: Side) -> list:
    conf = side.place / "nginx.conf"
    return [reference.nginx_program(), "-p", side.place, "-c", conf, "-e", "stderr"]


def write_nginx_conf(side: Side, directive: str, listen: int = 1) -> None:
    """Writes a configuration with workers that run as root, and one more directive in the server
    block."""
    places = "".join(
        f"{kind}_temp_path {side.place}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (side.place / "nginx.conf").write_text(
        f"daemon off; user root; worker_processes 1; pid {side.place}/pid; error_log stderr warn;\n"
        f"events {{ worker_connections 512; }}\nhttp {{ access_log off; {places}\n"
        f"server {{ listen 127.0.0.1:{listen}; {directive} }} }}\n"
    )


def check_nginx(side: Side, directive: str) -> tuple:
    write_nginx_conf(side, directive)
    return run([*nginx_command(side), "-t"], side)


def check_fpm(side: Side, directive: str) -> tuple:
    conf = side.place / "fpm.conf"
    conf.write_text(
        f"[global]\nerror_log = /dev/stderr\n[www]\nuser = root\nlisten = {side.place}/sock\n"
        f"pm = static\npm.max_children = 1\n{directive}\n"
    )
    command = [reference.fpm_program(), "-t", "-n", "--allow-to-run-as-root", "--fpm-config", conf]
    return run(command, side)


def check_tusk(side: Side, *args, toml: str = "") -> tuple:
    site = side.place / "site"
    site.mkdir(exist_ok=True)
    (site / "index.php").write_text("<?php echo 1;")
    (side.place / "tusk.toml").write_text(f'document_root = "{site}"\n{toml}')
    return run([side.binary, "check", "--config", side.place / "tusk.toml", *args], side)


def another_libphp(side: Side) -> str:
    with side.directory() as place:
        (place / "libphp.so").write_text("")
        program = reference.fpm_program() if side.is_nginx else side.binary
        wrapper = ("env", f"LD_LIBRARY_PATH={place}")
        status, said = run([program, "--version"], side, wrapper=wrapper)
    return "not taken" if status == 0 else f"taken: {quoted(said, 'libphp')}"


def few_descriptors(side: Side) -> str:
    """Reports whether the server starts with few descriptors, and whether it then answers."""
    with side.directory() as place:
        port, command = reference._free_port(), nginx_command(side)
        if side.is_nginx:
            write_nginx_conf(side, "", listen=port)
        else:
            address = f"127.0.0.1:{port}"
            command = [side.binary, "--root", place, "--listen", address, "--internal-addr", "off"]
        answered = []

        def ask() -> None:
            """Connects 30 clients that stay connected."""
            with contextlib.ExitStack() as clients:
                for _ in range(30):
                    with contextlib.suppress(OSError):
                        client = wait_for_listener(port)
                        clients.enter_context(client)
                        client.settimeout(0.5 if not answered else 0.05)
                        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        if client.recv(100):
                            answered.append(client)

        asker = threading.Thread(target=ask, daemon=True)
        asker.start()
        status, said = run(command, side, wrapper=("prlimit", "--nofile=20:20", "--"))
        asker.join()
    said = quoted(said, "descriptor", "exceed", "files")
    if status is not None:
        return f"does not start: {said}"
    return f"starts, answers {len(answered)} of 30 clients that stay; in the log: {said}"


def wait_for_listener(port: int) -> socket.socket:
    until = time.monotonic() + 1
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def unreadable(side: Side) -> str:
    with side.start({"closed.php": "<?php echo 1;"}, wrapper=AS_ANY_USER):
        closed = side.root / "closed.php"
        os.chown(closed, 65534, 65534)
        closed.chmod(0o600)
        with RawClient("127.0.0.1", side.port) as client:
            answer = client.get("/closed.php")
        time.sleep(0.3)
        said = side.server_log()
    shown = f"{answer.status}, {'a page' if answer.body else 'blank'}"
    said = quoted(said.replace(f"{side.root}/", ""), "primary script", "opening", "may not read")
    return f"{shown}; in the log: {said}"


def late_limit(side: Side) -> str:
    files = {"late.php": "<?php echo 'begun'; set_time_limit(1); while (true);"}
    with side.start(files), RawClient("127.0.0.1", side.port) as client:
        answer = client.get("/late.php")
        page = "with a page" if len(answer.body) > 20 else f"`{answer.text}`"
        return f"{answer.status}, {page}"


def nonsense(side: Side) -> str:
    """An unknown directive."""
    with side.directory():
        if side.is_nginx:
            status, said = check_fpm(side, "php_admin_value[memory_limitt] = 1G")
            return f"`php-fpm -t` status {status}, {quoted(said, 'memory_limitt')}"
        status, said = check_tusk(side, "-d", "memory_limitt=1G")
        return f"status {status}: {quoted(said, 'memory_limitt')}"


def wrong_word(side: Side) -> str:
    with side.directory():
        if side.is_nginx:
            status, said = check_nginx(side, "sendfile yes;")
            return quoted(said, "emerg")
        return quoted(check_tusk(side, toml="http2 = yes\n")[1], "toml")


def durations(side: Side) -> str:
    found = []
    with side.directory():
        for value in ("7d", "2w", "1h30m"):
            if side.is_nginx:
                nginx, _ = check_nginx(side, f"location / {{ expires {value}; }}")
                fpm, _ = check_fpm(side, f"request_terminate_timeout = {value}")
                takes = [name for name, status in (("nginx", nginx), ("FPM", fpm)) if status == 0]
                found.append(f"{value}: {' and '.join(takes) or 'none'}")
            else:
                status, _ = check_tusk(side, toml=f'static_cache_ttl = "{value}"\n')
                found.append(f"{value}: {'yes' if status == 0 else 'no'}")
    return ", ".join(found)


ROWS = {
    "an empty libphp.so in LD_LIBRARY_PATH": another_libphp,
    "20 descriptors": few_descriptors,
    "a script that may not be read": unreadable,
    "`memory_limitt`, where the configuration is checked": nonsense,
    "max_execution_time after the first output": late_limit,
    "`yes` in place of a boolean": wrong_word,
    "durations in the configuration": durations,
}
