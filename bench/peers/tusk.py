"""tusk: with PHP (ext, and php, which compiles the script's text), with a resident script, and
without PHP (stub), which is the server alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.peer import Running, ServerPeer


RESIDENT_WORKERS = 4


class Tusk(ServerPeer):
    def __init__(self, executor: str):
        self.executor = executor
        self.key = f"tusk-{executor}"
        self.title = f"tusk {executor}"
        self.runs_php = executor != "stub"
        self.caches_scripts = executor != "php"  # that one evaluates the text

    def program(self, context: Context) -> Path:
        return context.programs.tusk

    def further_options(self, context: Context) -> list[str]:
        return []

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        port = free_port()
        secure = []
        if tls:
            certificate, key = context.certificate()
            secure = ["--tls-cert", str(certificate), "--tls-key", str(key)]
        server = Server(self.title, [
            require(self.program(context), "run 'make build'"), "serve",
            "--root", str(context.document_root),
            "--listen", f"127.0.0.1:{port}",
            "--internal-addr", "off",
            "--executor", self.executor,
            "-c", str(context.php_ini),
            *secure, *self.further_options(context),
        ], context.work_dir / f"{self.key}.log")
        try:
            server.wait_until_it_listens(("127.0.0.1", port))
            yield Running(port, [server])
        finally:
            server.stop()


class TuskProcesses(Tusk):
    """The same PHP in worker processes."""

    def __init__(self) -> None:
        super().__init__("ext")
        self.key = "tusk-processes"
        self.title = "tusk processes"

    def further_options(self, context: Context) -> list[str]:
        return ["--engine", "processes"]


class TuskResident(Tusk):
    def __init__(self) -> None:
        super().__init__("ext")
        self.key = "tusk-resident"
        self.title = "tusk resident"

    def further_options(self, context: Context) -> list[str]:
        return ["--resident", str(context.document_root / "resident.php"),
                "--resident-workers", str(RESIDENT_WORKERS)]
