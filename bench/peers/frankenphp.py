"""FrankenPHP in worker mode, which tusk's resident scripts are compared with. Somebody must have
built it against the same PHP; --frankenphp names the program."""

import contextlib
from collections.abc import Iterator

from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.peer import Running, ServerPeer
from peers.tusk import RESIDENT_WORKERS

# One thread runs the other scripts.
_CADDYFILE = """\
{{
  admin off
  persist_config off
  auto_https off
  skip_install_trust
  log {{
    output discard
  }}
  frankenphp {{
    num_threads {threads}
    worker {root}/resident.php {workers}
  }}
}}
http://127.0.0.1:{port} {{
  bind 127.0.0.1
  root * {root}
  php_server
}}
"""


class FrankenPhp(ServerPeer):
    key = "frankenphp"
    title = "FrankenPHP worker"

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        work_dir = context.work_dir / self.key
        work_dir.mkdir(exist_ok=True)
        port = free_port()
        (work_dir / "Caddyfile").write_text(_CADDYFILE.format(
            threads=RESIDENT_WORKERS + 1, workers=RESIDENT_WORKERS, port=port,
            root=context.document_root))
        (work_dir / "php.ini").write_text("zend_extension=opcache\n" + context.php_ini.read_text())
        server = Server(self.title, [
            require(context.programs.frankenphp, "--frankenphp names it"), "run", "-c",
            str(work_dir / "Caddyfile"),
        ], work_dir / "frankenphp.log", {
            "PHPRC": str(work_dir), "XDG_DATA_HOME": str(work_dir), "XDG_CONFIG_HOME": str(work_dir)})
        try:
            server.wait_until_it_listens(("127.0.0.1", port))
            yield Running(port, [server])
        finally:
            server.stop()
