"""The servers of a framework's application: tusk that boots it for each request, tusk with a
script that is resident or rewound, and nginx with PHP-FPM."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import load
from measure.application import Application, Route
from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.nginx_fpm import NginxFpm
from peers.peer import Running, ServerPeer


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items()) + " }"


class _TuskApplication(ServerPeer):
    base = "plain"

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


class TuskProcesses(TuskPlain):
    key = "processes"
    title = "tusk, plain, processes"

    def _configuration(self) -> str:
        return 'engine = "processes"\n' + super()._configuration()


class TuskPreload(TuskPlain):
    """A first server records which classes the routes load, and the one that is measured preloads
    them."""

    key = "preload"
    title = "tusk, plain, preload"
    requests_to_record = 20

    def __init__(self, application: Application, workers: int, routes: list[Route]):
        super().__init__(application, workers)
        self.routes = routes
        self.directory = ""

    def _configuration(self) -> str:
        return (f'preload = "auto"\npreload_file = "{self.directory}/list.json"\n'
                + super()._configuration())

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        with tempfile.TemporaryDirectory(dir=context.work_dir) as self.directory:
            with super().serve(context, tls) as running:
                for route in self.routes * self.requests_to_record:
                    load.fetch(running.port, route.path)
            with super().serve(context, tls) as running:
                yield running


class TuskResident(_TuskApplication):
    key = "resident"
    title = "tusk, resident"

    def _configuration(self) -> str:
        script = self.application.resident_script
        environment = self.application.environment | self.application.resident_environment
        return (f'index_file = "{script}"\nphp_workers = 1\n\n[[pool]]\nname = "app"\n'
                f'script = "{self.application.public / script}"\nworkers = {self.workers}\n'
                f'env = {_table(environment)}\n')


class TuskRewound(TuskResident):
    """The resident script in a pool that rewinds it."""

    key = "rewind-resident"
    title = "tusk, rewind, resident script"
    base = TuskProcesses.key

    def __init__(self, application: Application, workers: int, routes: list[Route]):
        super().__init__(application, workers)
        self.routes = routes

    def _configuration(self) -> str:
        return ('engine = "processes"\n' + super()._configuration() + 'mode = "rewind"\n'
                f"warm_up = {json.dumps([route.path for route in self.routes])}\n")


class TuskRewind(TuskRewound):
    """The worker script of contrib/rewind."""

    key = "rewind"
    title = "tusk, rewind"

    def _configuration(self) -> str:
        environment = self.application.environment | {
            "APP_BASE_PATH": str(self.application.directory)}
        return ('engine = "processes"\nphp_workers = 1\n\n[[pool]]\nname = "app"\nmatch = "/**"\n'
                f'script = "{self.application.rewind_worker}"\nmode = "rewind"\n'
                f'workers = {self.workers}\nenv = {_table(environment)}\n'
                f"warm_up = {json.dumps([route.path for route in self.routes])}\n")


class ApplicationFpm(NginxFpm):
    def __init__(self, application: Application, workers: int):
        super().__init__()
        self.application = application
        self.key = "fpm"
        self.base = TuskPlain.key
        self.children = workers
        self.front_controller = f"/{application.front_controller}"
        self.environment = application.environment

    def _root(self, context: Context) -> Path:
        return self.application.public


def servers(application: Application, workers: int, routes: list[Route]) -> list[ServerPeer]:
    """Ratios refer to the peer that `base` names, or else to the first."""
    return [TuskPlain(application, workers), TuskResident(application, workers),
            TuskPreload(application, workers, routes), TuskProcesses(application, workers),
            TuskRewind(application, workers, routes), TuskRewound(application, workers, routes),
            ApplicationFpm(application, workers)]
