"""nginx alone, tuned to serve files: one process, like tusk's one loop, sendfile, and a cache of
open files that holds all of them. The reference for tusk's files."""

import contextlib
import os
from collections.abc import Iterator

from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.nginx_fpm import nginx_program, temp_paths
from peers.peer import Running, ServerPeer

_CONF = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {dir}/nginx.pid;
error_log {dir}/nginx-error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
  access_log off;
  types {{ text/html html; text/plain txt; }}
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=20000;
  open_file_cache_valid 60s;
{temp_paths}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    server_name _;
    root {root};
  }}
}}
"""


class NginxFiles(ServerPeer):
    key = "nginx-files"
    title = "nginx, 1 process"
    runs_php = False

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        work_dir = context.work_dir / self.key
        work_dir.mkdir(exist_ok=True)
        port = free_port()
        conf = work_dir / "nginx.conf"
        conf.write_text(_CONF.format(
            dir=work_dir, port=port, root=context.document_root,
            user="user root;" if os.geteuid() == 0 else "",
            temp_paths=temp_paths(work_dir)))
        nginx = Server("nginx", [
            require(nginx_program(), "run 'make deps'"), "-p", str(work_dir), "-c", str(conf),
            "-e", str(work_dir / "nginx-error.log"),
        ], work_dir / "nginx.log")
        try:
            nginx.wait_until_it_listens(("127.0.0.1", port))
            yield Running(port, [nginx])
        finally:
            nginx.stop()
