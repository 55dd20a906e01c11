"""A fleet on one machine: HAProxy with contrib/fleet/haproxy.cfg before several tusk with contrib/fleet/tusk.toml, and
Redis for their sessions. Only addresses, paths and certificates differ from the files that people copy."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from harness.child import die_with_parent
from harness.server import REPOSITORY, Server
from harness.wait import wait_for

EXAMPLE = REPOSITORY / "contrib/fleet"
NAMES = ("one", "two", "three")
# Of contrib/fleet/haproxy.cfg.
ADDRESSES = dict(zip(NAMES, ("10.0.0.11", "10.0.0.12", "10.0.0.13")))


PREFIX = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
PLACES = f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:{PREFIX}/haproxy/usr/sbin"


def find(program: str) -> str | None:
    """Where it is installed, or where tools/setup/deps.sh has unpacked it."""
    return shutil.which(program, path=PLACES)


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"the example has no {old!r}"
    return text.replace(old, new)


def descendants(pid: int) -> list:
    """The process and all that it has started, also in other process groups."""
    found, seen = [pid], 0
    while seen < len(found):
        for children in Path(f"/proc/{found[seen]}/task").glob("*/children"):
            found += map(int, children.read_text().split())
        seen += 1
    return found


def send_to_all(pid: int, number: int) -> None:
    for each in descendants(pid):
        try:
            Path(f"/proc/{each}").stat()
            subprocess.run(["kill", f"-{number}", str(each)], check=False)
        except OSError:
            pass


class Redis:
    """Listens on a unix socket only."""

    def __init__(self, directory: Path):
        self.socket = directory / "redis.sock"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", directory],
            # The server and this tool are one program, which looks at the name that it is started by.
            executable=find("redis-check-rdb"),
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        wait_for(self.socket.exists, "Redis")

    def sessions(self) -> int:
        done = subprocess.run([find("redis-cli"), "-s", self.socket, "dbsize"], capture_output=True, text=True)
        return int(done.stdout)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class HaProxy:
    """`port` is that of its plain HTTP frontend."""

    def __init__(self, text: str, directory: Path):
        self.state = directory / "haproxy.sock"
        self._log = (directory / "haproxy.log").open("wb")
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = listener.getsockname()[1]
        text = _replaced(text, "bind :80\n", f"bind fd@{listener.fileno()}\n")
        text = _replaced(text, "\nglobal\n", f"\nglobal\n    stats socket {self.state} level admin\n")
        text = _replaced(text, "maxconn 20000", "maxconn 2000")
        self.configuration = directory / "haproxy.cfg"
        self.configuration.write_text(text)
        self.process = subprocess.Popen(
            [find("haproxy"), "-db", "-f", self.configuration],
            stdout=self._log,
            stderr=self._log,
            pass_fds=[listener.fileno()],
            preexec_fn=die_with_parent,
        )
        listener.close()
        wait_for(lambda: self.servers() or self.process.poll() is not None, "HAProxy")
        assert self.process.poll() is None, (directory / "haproxy.log").read_text()

    def servers(self) -> dict:
        """UP, DOWN and the like of each server, as HAProxy sees it."""
        return {row["svname"]: row["status"].split()[0] for row in self.rows()}

    def rows(self) -> list:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(self.state))
            client.sendall(b"show stat\n")
            text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
        except OSError:
            return []
        finally:
            client.close()
        head, *lines = text.lstrip("# ").splitlines()
        rows = [dict(zip(head.split(","), line.split(","))) for line in lines if line]
        return [row for row in rows if row["pxname"] == "tusk" and row["svname"] in NAMES]

    def wait_for_state(self, wanted: str, *names: str) -> None:
        wait_for(lambda: all(self.servers().get(name) == wanted for name in names or NAMES),
                 f"HAProxy to see {names or NAMES} {wanted}", seconds=60)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGUSR1)
        self.process.wait(60)
        self._log.close()


class Fleet:
    """Three tusk, HAProxy, and Redis if `programs` have an extension for it; files otherwise."""

    def __init__(self, root: Path, directory: Path, programs: Path, with_redis: bool, workers: int = 8,
                 proxy_protocol: bool = False):
        self._root, self._directory, self._workers = root, directory, workers
        self._proxy_protocol = proxy_protocol
        self.redis = Redis(directory) if with_redis else None
        self._starts = 0
        self._ended = []
        self.instances = {name: self._start(name, programs) for name in NAMES}
        self.haproxy = HaProxy(self._haproxy_text(), directory)
        self.haproxy.wait_for_state("UP")

    def _configuration(self, name: str) -> Path:
        text = (EXAMPLE / "tusk.toml").read_text()
        token = self._directory / "token"
        token.write_text("0123456789abcdef0123456789abcdef")
        text = _replaced(text, '"/srv/app/public"', f'"{self._root}"')
        text = _replaced(text, '"/etc/tusk/internal.token"', f'"{token}"')
        text = _replaced(text, '"10.0.0.10"', '"127.0.0.1"')
        text = _replaced(text, 'warm_up = ["/"]', 'warm_up = ["/hello.php"]')
        text = re.sub(r'^(listen|internal_addr) = .*\n', "", text, flags=re.M)
        if self._proxy_protocol:
            text = _replaced(text, "trusted_proxies", "proxy_protocol")
        text = re.sub(r"^\[php\]", f"php_workers = {self._workers}\n[php]", text, flags=re.M)
        if self.redis:
            text = re.sub(r'"tcp://[^?"]*', f'"unix://{self.redis.socket}', text)
        else:
            sessions = self._directory / "sessions"
            sessions.mkdir(exist_ok=True)
            text = re.sub(r"^redis\..*\n", "", text, flags=re.M).replace('handler = "redis"', 'handler = "files"')
            text = re.sub(r'"tcp://[^"]*"', f'"{sessions}"', text)
        path = self._directory / f"{name}.toml"
        path.write_text(text)
        return path

    def _start(self, name: str, programs: Path, port: int = 0, internal: int = 0) -> Server:
        directory = self._directory / f"{name}-{self._starts}"
        self._starts += 1
        directory.mkdir()
        server = Server(
            None,
            "--config",
            self._configuration(name),
            directory=directory,
            listen=(f"127.0.0.1:{port}",),
            internal=f"127.0.0.1:{internal}",
            supervised=True,
            programs=programs,
        )
        return server.wait_until_ready()

    def _haproxy_text(self) -> str:
        text = (EXAMPLE / "haproxy.cfg").read_text()
        header = "send-proxy-v2 " if self._proxy_protocol else ""
        for name, server in self.instances.items():
            old = f"server {name} {ADDRESSES[name]}:8080 check port 9090"
            internal = server.admin_url.rpartition(":")[2]
            text = _replaced(text, old, f"server {name} 127.0.0.1:{server.port} {header}check port {internal}")
        # Plain HTTP, for the clients of the test.
        text += "    http-response set-header X-Server %s\n"
        text = re.sub(r"^ +(bind :443|http-request redirect|log /dev).*\n", "", text, flags=re.M)
        return text

    def replace(self, name: str, programs: Path) -> None:
        """What a package, a container or a machine does: ends one, and starts another in its place."""
        old = self.instances[name]
        internal = int(old.admin_url.rpartition(":")[2])
        old.stop()
        self.instances[name] = self._start(name, programs, old.port, internal)

    def kill(self, name: str) -> None:
        """Ends it as a crash of its machine does: nothing of it lives on."""
        server = self.instances[name]
        send_to_all(server.pid, signal.SIGSTOP)
        send_to_all(server.pid, signal.SIGKILL)
        assert server.wait_for_exit() != 0

    def start_again(self, name: str, programs: Path) -> None:
        old = self.instances[name]
        self.instances[name] = self._start(name, programs, old.port, int(old.admin_url.rpartition(":")[2]))

    def stop(self) -> None:
        try:
            self.haproxy.stop()
            for server in self.instances.values():
                server.stop()
        finally:
            for server in self.instances.values():
                server.kill()
            if self.redis:
                self.redis.stop()
