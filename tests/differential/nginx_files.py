"""nginx alone, serving files: the reference for Range and conditional requests.

`if_modified_since before` is RFC 9110's rule; nginx's default requires the date to be equal to
the second. Everything else is nginx's default."""

import subprocess
from pathlib import Path

from differential.reference import _free_port, nginx_program, nginx_temp_paths
from harness.child import die_with_parent
from harness.raw import RawClient
from harness.server import environment
from harness.wait import PATIENCE_S, wait_for

_CONF = """\
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  types {{ text/plain txt; text/css css; application/octet-stream bin; }}
  charset utf-8;
  charset_types text/plain text/css;
  keepalive_requests 1000000;
  large_client_header_buffers 4 32k;
  if_modified_since before;
  {temp_paths}
  server {{
    listen 127.0.0.1:{port};
    root {root};
  }}
}}
"""


class NginxFiles:
    def __init__(self, root: Path, directory: Path):
        self.port = _free_port()
        conf = directory / "nginx.conf"
        conf.write_text(_CONF.format(
                directory=directory,
                root=root,
                port=self.port,
                temp_paths=nginx_temp_paths(directory),
            ))
        with open(directory / "output", "ab") as output:
            self._process = subprocess.Popen(
                [nginx_program(), "-p", directory, "-c", conf, "-e", directory / "nginx.log"],
                env=environment(),
                preexec_fn=die_with_parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        wait_for(self._listens, "nginx to listen")

    def _listens(self) -> bool:
        assert self._process.poll() is None, "nginx ended at once"
        try:
            RawClient("127.0.0.1", self.port).close()
            return True
        except OSError:
            return False

    def raw(self) -> RawClient:
        return RawClient("127.0.0.1", self.port)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
