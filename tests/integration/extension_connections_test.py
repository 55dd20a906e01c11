"""An extension that keeps connections in a table of its own, as mongodb does: a request that ends by a fatal
error must not close them under it. The number would go to a socket of another script, into which the
extension would then write."""

import shutil
import socketserver
import subprocess

import pytest

from harness.engine import open_files
from harness.local_server import serving
from harness.php_build import php_config
from harness.wait import wait_for

# Keeps one connection for each thread, until PHP ends in it.
KEEPER = r"""
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "php.h"

ZEND_BEGIN_MODULE_GLOBALS(keeper) int fd; ZEND_END_MODULE_GLOBALS(keeper)
ZEND_DECLARE_MODULE_GLOBALS(keeper)
#define KEPT ZEND_MODULE_GLOBALS_BULK(keeper)->fd

static PHP_GINIT_FUNCTION(keeper) { keeper_globals->fd = -1; }
static PHP_GSHUTDOWN_FUNCTION(keeper) { if (keeper_globals->fd >= 0) close(keeper_globals->fd); }

ZEND_BEGIN_ARG_INFO_EX(arguments, 0, 0, 1) ZEND_ARG_INFO(0, port) ZEND_END_ARG_INFO()
static PHP_FUNCTION(keeper_ask) {
  zend_long port;
  char answer[64];
  if (zend_parse_parameters(ZEND_NUM_ARGS(), "l", &port) == FAILURE) return;
  if (KEPT < 0) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    KEPT = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(KEPT, (struct sockaddr *)&to, sizeof to) != 0) RETURN_STRING("not connected");
  }
  if (send(KEPT, "keeper", 6, MSG_NOSIGNAL) != 6) RETURN_STRING("not sent");
  ssize_t length = recv(KEPT, answer, sizeof answer, 0);
  RETURN_STRINGL(answer, length < 0 ? 0 : length);
}

static const zend_function_entry functions[] = {PHP_FE(keeper_ask, arguments) PHP_FE_END};
zend_module_entry keeper_module_entry = {STANDARD_MODULE_HEADER, "keeper", functions, NULL, NULL, NULL, NULL, NULL,
    "1.0", PHP_MODULE_GLOBALS(keeper), PHP_GINIT(keeper), PHP_GSHUTDOWN(keeper), NULL, STANDARD_MODULE_PROPERTIES_EX};
ZEND_GET_MODULE(keeper)
"""

SCRIPTS = {
    "ask.php": "<?php echo keeper_ask((int)$_GET['kept']);",
    "fatal.php": """<?php
        keeper_ask((int)$_GET['kept']);
        ini_set('memory_limit', '2M');
        str_repeat('x', 100_000_000);
    """,
    # Takes the lowest numbers first.
    "others.php": """<?php
        for ($i = 0; $i < 8; $i++) $all[] = stream_socket_client('tcp://127.0.0.1:' . $_GET['own']);
        echo keeper_ask((int)$_GET['kept']);
        foreach ($all as $i => $socket) {
            fwrite($socket, "script $i");
            stream_set_timeout($socket, 10);
            echo ' ', fread($socket, 100);
        }
    """,
}  # fmt: skip


class _Kept(socketserver.BaseRequestHandler):
    connections = 0

    def handle(self):
        _Kept.connections += 1
        while data := self.request.recv(100):
            self.request.sendall(b"kept got " + data)


class _Own(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(100):
            self.request.sendall(b"own got " + data + b",")


@pytest.fixture(scope="module")
def keeper(tmp_path_factory):
    if shutil.which("gcc") is None:
        pytest.skip("there is no gcc to build an extension")
    directory = tmp_path_factory.mktemp("keeper")
    (directory / "keeper.c").write_text(KEEPER)
    includes = subprocess.run([php_config(), "--includes"], capture_output=True, text=True, check=True).stdout.split()
    command = ["gcc", "-shared", "-fPIC", "-DCOMPILE_DL_KEEPER", *includes, "-o", "keeper.so", "keeper.c"]
    subprocess.run(command, cwd=directory, check=True, timeout=300)
    return directory / "keeper.so"


@pytest.fixture
def tusk(start_tusk, make_root, keeper):
    """One worker: what a request leaves behind meets the next one."""
    return start_tusk(make_root(SCRIPTS), "--workers", 1, "-d", f"extension={keeper}")


@pytest.fixture
def ports():
    with serving(_Kept) as kept, serving(_Own) as own:
        yield {"kept": kept.rsplit(":", 1)[1], "own": own.rsplit(":", 1)[1]}


def test_an_extension_keeps_its_connection(tusk, ports):
    before = _Kept.connections
    for _ in range(5):
        assert tusk.get("/ask.php", params=ports).text == "kept got keeper"
    assert _Kept.connections == before + 1


def test_it_does_not_write_into_sockets_of_scripts_after_a_fatal_error(tusk, ports):
    """PHP starts anew in the worker, so that the extension closes the connection itself."""
    expected = "kept got keeper " + " ".join(f"own got script {i}," for i in range(8))
    log = tusk.log_size()
    assert tusk.get("/fatal.php", params=ports).status_code == 500
    tusk.wait_for_log("a script has left connections open", since=log)
    assert tusk.get("/others.php", params=ports).text == expected
    # A connection of an earlier request stays when a later one ends so.
    connections = _Kept.connections
    assert tusk.get("/fatal.php", params=ports).status_code == 500
    assert tusk.get("/others.php", params=ports).text == expected
    assert _Kept.connections == connections


def test_nothing_stays_open(tusk, ports):
    def sockets():
        return sum(target.startswith("socket:") for target in open_files(tusk.pid))

    counts = []
    for _ in range(6):
        assert tusk.get("/fatal.php", params=ports).status_code == 500
        assert tusk.get("/ask.php", params=ports).status_code == 200
        counts.append(sockets())
    wait_for(lambda: sockets() <= counts[0], "sockets to be closed")
