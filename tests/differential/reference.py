"""nginx in front of PHP-FPM, both with temporary directories: the reference that tusk is compared
with.

nginx is configured as its documentation and Debian's snippets recommend for PHP; FPM comes from
the same build of PHP as tusk's libphp."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from harness.child import die_with_parent
from harness.php_build import fpm_program, scanned_ini
from harness.server import environment
from harness.wait import PATIENCE_S, wait_for


def nginx_temp_paths(directory: Path) -> str:
    """Returns directives that keep all of nginx's temporary files below the directory."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds)


_FPM_CONF = """\
[global]
daemonize = no
error_log = {directory}/fpm.log
[www]
listen = {directory}/fpm.sock
listen.backlog = 511
{user}
pm = static
pm.max_children = 4
clear_env = no
catch_workers_output = yes
decorate_workers_output = no
"""

_NGINX_CONF = """\
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  types {{ text/html html; text/plain txt; }}
  keepalive_requests 1000000;
  client_max_body_size 64m;
  {temp_paths}
  server {{
    listen 127.0.0.1:{port} backlog=511;
    server_name localhost;
    root {root};
    index index.php index.html;
    location / {{ try_files $uri $uri/ =404; }}
    location ~ \\.php(/|$) {{
      fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
      # Not try_files: it would take the path info away, also from DOCUMENT_URI.
      if (!-f $document_root$fastcgi_script_name) {{ return 404; }}
      fastcgi_pass unix:{directory}/fpm.sock;
      fastcgi_param PATH_INFO         $fastcgi_path_info if_not_empty;
      fastcgi_param PATH_TRANSLATED   $document_root$fastcgi_path_info;
      # From here on Debian's fastcgi.conf.
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
      fastcgi_param HTTPS             $https if_not_empty;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1;
      fastcgi_param SERVER_SOFTWARE   nginx/$nginx_version;
      fastcgi_param REMOTE_ADDR       $remote_addr;
      fastcgi_param REMOTE_PORT       $remote_port;
      fastcgi_param REMOTE_USER       $remote_user;
      fastcgi_param SERVER_ADDR       $server_addr;
      fastcgi_param SERVER_PORT       $server_port;
      fastcgi_param SERVER_NAME       $server_name;
      fastcgi_param REDIRECT_STATUS   200;
    }}
  }}
}}
"""

# FPM's children outlive a master that was killed. This process waits until the test runner ends,
# for any reason, and then ends the process group.
_GUARDIAN = "import os, signal, sys; sys.stdin.read(); os.killpg(int(sys.argv[1]), signal.SIGKILL)"


def nginx_program() -> Path:
    """Returns the system's nginx, or the one that tools/setup/deps.sh unpacked."""
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    prefix = os.environ.get("TUSK_PREFIX") or os.path.expanduser("~/.cache/tusk")
    return Path(found or f"{prefix}/nginx/usr/sbin/nginx")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Reference:
    """A running pair; `port` is nginx's."""

    def __init__(self, root: Path, directory: Path, php_ini: Path, env: dict):
        self._directory, self._root = directory, root
        self._env = environment(env | scanned_ini())
        self._processes, self._guardian = [], None
        try:
            self._start_fpm(php_ini)
            self._start_nginx()
        except BaseException:
            self.stop()
            raise

    def _start_fpm(self, php_ini: Path) -> None:
        as_root = os.geteuid() == 0
        conf = self._directory / "fpm.conf"
        user = "user = root\ngroup = root" if as_root else ""
        conf.write_text(_FPM_CONF.format(directory=self._directory, user=user))
        command = [fpm_program(), "--nodaemonize", "--fpm-config", conf, "-c", php_ini]
        command += ["-d", "zend_extension=opcache"]  # as tusk does by itself
        fpm = self._start(command + (["--allow-to-run-as-root"] if as_root else []), group=True)
        self._guardian = subprocess.Popen(
            [sys.executable, "-c", _GUARDIAN, str(fpm.pid)], stdin=subprocess.PIPE
        )
        self._wait(fpm, socket.AF_UNIX, str(self._directory / "fpm.sock"))

    def _start_nginx(self) -> None:
        for attempt in range(5):  # another process may take the port first
            self.port = _free_port()
            conf = self._directory / "nginx.conf"
            conf.write_text(
                _NGINX_CONF.format(
                    directory=self._directory,
                    root=self._root,
                    port=self.port,
                    temp_paths=nginx_temp_paths(self._directory),
                )
            )
            command = [nginx_program(), "-p", self._directory, "-c", conf]
            nginx = self._start([*command, "-e", self._directory / "nginx.log"])
            try:
                return self._wait(nginx, socket.AF_INET, ("127.0.0.1", self.port))
            except AssertionError:
                if attempt == 4 or nginx.poll() is None:
                    raise
                self._processes.remove(nginx)

    def _start(self, command: list, group: bool = False) -> subprocess.Popen:
        with open(self._directory / "output", "ab") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                env=self._env,
                cwd=self._directory,
                preexec_fn=die_with_parent,
                start_new_session=group,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._processes.append(process)
        return process

    def _wait(self, process: subprocess.Popen, family: int, address) -> None:
        def listens() -> bool:
            log = (self._directory / "output").read_text()
            assert process.poll() is None, f"{process.args} ended at once:\n{log}"
            with socket.socket(family) as connection:
                return connection.connect_ex(address) == 0

        wait_for(listens, f"{Path(process.args[0]).name} to listen")

    def stop(self) -> None:
        """Ends both by pid. Never fails a test, because these programs are not under test."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._guardian:
            self._guardian.terminate()
            self._guardian.wait()
