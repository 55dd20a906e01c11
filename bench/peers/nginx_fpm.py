"""nginx in front of PHP-FPM: what tusk replaces, and is compared with.

FPM has 4 permanent children and a unix socket; nginx has as many processes as there are cores,
sendfile, a cache of open files, and no access log. nginx opens a connection to FPM for each
request, which is its default; `kept` keeps the connections (fastcgi_keep_conn)."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from measure.build import require
from measure.context import Context
from measure.server import Server, free_port
from peers.peer import Running, ServerPeer

FPM_CHILDREN = 4

_FPM_CONF = """\
[global]
daemonize = no
error_log = {dir}/fpm-error.log
[bench]
listen = {dir}/fpm.sock
{user}
pm = static
pm.max_children = {children}
{environment}
"""

_NGINX_CONF = """\
daemon off;
worker_processes {workers};
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
  open_file_cache max=1000;
  gzip on;  # for clients that ask for it: at tusk's level, of what tusk compresses in the bench
  gzip_comp_level 4;
  gzip_min_length 256;
{temp_paths}
{upstream}
  server {{
    listen 127.0.0.1:{port} backlog=4096{ssl};
{certificate}
    listen 127.0.0.1:{http2_port} http2 backlog=4096;
    server_name _;
    root {root};
{front_controller}
    location ~ \\.php$ {{
      fastcgi_pass {fpm};
      fastcgi_buffers 32 8k;
{keep}
      fastcgi_param SCRIPT_FILENAME   $document_root$fastcgi_script_name;
      fastcgi_param QUERY_STRING      $query_string;
      fastcgi_param REQUEST_METHOD    $request_method;
      fastcgi_param CONTENT_TYPE      $content_type;
      fastcgi_param CONTENT_LENGTH    $content_length;
      fastcgi_param SCRIPT_NAME       $fastcgi_script_name;
      fastcgi_param REQUEST_URI       $request_uri;
      fastcgi_param DOCUMENT_URI      $document_uri;
      fastcgi_param DOCUMENT_ROOT     $document_root;
      fastcgi_param SERVER_PROTOCOL   $server_protocol;
      fastcgi_param REQUEST_SCHEME    $scheme;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1;
      fastcgi_param SERVER_SOFTWARE   nginx/$nginx_version;
      fastcgi_param REMOTE_ADDR       $remote_addr;
      fastcgi_param REMOTE_PORT       $remote_port;
      fastcgi_param SERVER_ADDR       $server_addr;
      fastcgi_param SERVER_PORT       $server_port;
      fastcgi_param SERVER_NAME       $server_name;
      fastcgi_param REDIRECT_STATUS   200;
    }}
  }}
}}
"""


def nginx_program() -> Path:
    """Returns the system's nginx, or the one that `make deps` unpacked."""
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    prefix = os.environ.get("TUSK_PREFIX") or os.path.expanduser("~/.cache/tusk")
    return Path(found or f"{prefix}/nginx/usr/sbin/nginx")


def nginx_build() -> str:
    """Returns nginx's version and how it was configured."""
    program = require(nginx_program(), "run 'make deps'")
    return subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr


def temp_paths(work_dir: Path) -> str:
    """Returns directives for the directories that nginx creates at its start; by default they
    are where it was compiled for."""
    build = nginx_build()
    names = [name for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
             if f"--without-http_{name}_module" not in build]
    return "\n".join(f"  {name}_temp_path {work_dir}/nginx-{name};" for name in names)


class NginxFpm(ServerPeer):
    children = FPM_CHILDREN
    front_controller: str | None = None  # what answers a path that is no file
    environment: dict[str, str] = {}  # of the scripts

    def __init__(self, kept: bool = False):
        self.kept = kept
        self.key = "nginx-fpm-kept" if kept else "nginx-fpm"
        self.title = "nginx + FPM kept" if kept else "nginx + FPM"

    def _start_fpm(self, context: Context, work_dir: Path) -> Server:
        program = require(context.programs.php_fpm, "PHP must be built with --enable-fpm")
        return self._fpm_server(program, context, work_dir)

    def _fpm_server(self, program: str, context: Context, work_dir: Path, options: list[str] = ()) -> Server:
        root = os.geteuid() == 0
        conf = work_dir / "fpm.conf"
        environment = "\n".join(f'env[{name}] = "{value}"' for name, value in self.environment.items())
        conf.write_text(_FPM_CONF.format(dir=work_dir, children=self.children, environment=environment,
                                         user="user = root\ngroup = root" if root else ""))
        return Server("php-fpm", [
            program, *options, "--nodaemonize", "--fpm-config", str(conf), "-c", str(context.php_ini),
            "-d", "zend_extension=opcache", *(["--allow-to-run-as-root"] if root else []),
        ], work_dir / "fpm.log")

    def _root(self, context: Context) -> Path:
        return context.document_root

    def _start_nginx(self, context: Context, work_dir: Path, port: int, http2_port: int,
                     tls: bool) -> Server:
        socket = f"unix:{work_dir}/fpm.sock"
        workers = len(os.sched_getaffinity(0))
        # Per worker. A kept connection occupies a child, so more of them than children would block
        # other requests.
        kept = max(1, self.children // workers)
        secure = ""
        if tls:
            certificate, key = context.certificate()
            secure = (f"    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n"
                      "    ssl_protocols TLSv1.2 TLSv1.3;\n    ssl_prefer_server_ciphers off;")
        conf = work_dir / "nginx.conf"
        conf.write_text(_NGINX_CONF.format(
            dir=work_dir, port=port, http2_port=http2_port, root=self._root(context),
            front_controller=f"    location / {{ try_files $uri {self.front_controller}$is_args$args; }}"
            if self.front_controller else "",
            ssl=" ssl" if tls else "", certificate=secure,
            workers=workers,
            user="user root;" if os.geteuid() == 0 else "",
            temp_paths=temp_paths(work_dir),
            upstream=f"  upstream fpm {{ server {socket}; keepalive {kept}; }}"
            if self.kept else "",
            fpm="fpm" if self.kept else socket,
            keep="      fastcgi_keep_conn on;" if self.kept else ""))
        return Server("nginx", [
            require(nginx_program(), "run 'make deps'"), "-p", str(work_dir), "-c", str(conf),
            "-e", str(work_dir / "nginx-error.log"),
        ], work_dir / "nginx.log")

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        work_dir = context.work_dir / self.key
        work_dir.mkdir(exist_ok=True)
        port, http2_port = free_port(), free_port()
        with contextlib.ExitStack() as stack:
            fpm = self._start_fpm(context, work_dir)
            stack.callback(fpm.stop)
            fpm.wait_until_it_listens(str(work_dir / "fpm.sock"))
            nginx = self._start_nginx(context, work_dir, port, http2_port, tls)
            stack.callback(nginx.stop)
            nginx.wait_until_it_listens(("127.0.0.1", port))
            yield Running(port, [nginx, fpm], http2_port)
