"""The servers of a framework's application: tusk that boots it for each request, tusk with a
resident script, and nginx with PHP-FPM."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from measure.application import Application
from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.nginx_fpm import NginxFpm
from peers.peer import Running, ServerPeer


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


class _TuskApplication(ServerPeer):
    def __init__(self, application: Application, workers: int):
        self.application = application
        self.workers = workers

    def _configuration(self) -> str:
        raise NotImplementedError

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        work_dir = context.work_dir / f"{self.application.name}-{self.key}"
        work_dir.mkdir(exist_ok=True)
        port = free_port()
        configuration = work_dir / "tusk.toml"
        configuration.write_text(
            f'document_root = "{self.application.public}"\nlisten = ["127.0.0.1:{port}"]\n'
            f'internal_addr = "off"\nphp_ini = "{context.php_ini}"\n' + self._configuration())
        server = Server(self.title, [require(context.programs.tusk, "run 'make build'"), "serve",
                                     "--config", str(configuration)],
                        work_dir / "tusk.log", self.application.environment)
        try:
            server.wait_until_it_listens(("127.0.0.1", port))
            yield Running(port, [server])
        finally:
            server.stop()


class TuskPlain(_TuskApplication):
    key = "plain"
    title = "tusk, plain"

    def _configuration(self) -> str:
        return f'index_file = "{self.application.front_controller}"\nphp_workers = {self.workers}\n'


class TuskResident(_TuskApplication):
    key = "resident"
    title = "tusk, resident"

    def _configuration(self) -> str:
        script = self.application.resident_script
        environment = self.application.environment | self.application.resident_environment
        return (f'index_file = "{script}"\nphp_workers = 1\n\n[[pool]]\nname = "app"\n'
                f'script = "{self.application.public / script}"\nworkers = {self.workers}\n'
                f'env = {_table(environment)}\n')


class ApplicationFpm(NginxFpm):
    def __init__(self, application: Application, workers: int):
        super().__init__()
        self.application = application
        self.key = "fpm"
        self.children = workers
        self.front_controller = f"/{application.front_controller}"
        self.environment = application.environment

    def _root(self, context: Context) -> Path:
        return self.application.public


def servers(application: Application, workers: int) -> list[ServerPeer]:
    """The first is what the others are compared with."""
    return [TuskPlain(application, workers), TuskResident(application, workers),
            ApplicationFpm(application, workers)]
