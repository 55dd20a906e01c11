"""ldap_set_option(null, ...): libldap's global options belong to one request."""

import json
import socket
import ssl
import threading

import pytest

from harness.certificates import Authority
from harness.server import PHP_SCRIPTS

STATE = PHP_SCRIPTS / "process_state.php"


class LdapServer:
    """Accepts TLS, answers every bind with success, and does nothing else."""

    def __init__(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client) -> None:
        try:
            with self.context.wrap_socket(client, server_side=True) as stream:
                request = stream.recv(4096)  # 30 len 02 01 id 60 ...: a bind (RFC 4511 §4.2)
                number = request[4:5]
                stream.sendall(b"\x30\x0c\x02\x01" + number + b"\x61\x07\x0a\x01\x00\x04\x00\x04\x00")
                stream.recv(4096)
        except OSError:
            pass

    def close(self) -> None:
        self.listener.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ldap_server(authority):
    server = LdapServer(authority.issue("127.0.0.1"))
    yield server
    server.close()


def test_two_requests_at_a_time_have_options_each(start_tusk, make_root, tmp_path):
    """A new handle begins with the options of its request; an older one keeps its own; nothing
    is left afterwards."""
    root = make_root(
        {
            "show.php": """<?php
            function show($ldap = null) {
                $ldap ??= ldap_connect('ldap://127.0.0.1:1');
                $got = [];
                foreach ([LDAP_OPT_DEREF, LDAP_OPT_SIZELIMIT, LDAP_OPT_TIMELIMIT, LDAP_OPT_PROTOCOL_VERSION,
                    LDAP_OPT_REFERRALS, LDAP_OPT_NETWORK_TIMEOUT, LDAP_OPT_TIMEOUT, LDAP_OPT_X_TLS_REQUIRE_CERT,
                    LDAP_OPT_X_TLS_CACERTFILE, LDAP_OPT_X_KEEPALIVE_IDLE, LDAP_OPT_SERVER_CONTROLS] as $option) {
                    $value = null;
                    $got[] = ldap_get_option($ldap, $option, $value) ? $value : 'unset';
                }
                return $got;
            }
            if (basename($_SERVER['SCRIPT_NAME']) === 'show.php') echo json_encode(show());
            """,
            "set.php": f"""<?php require '{STATE}'; require 'show.php';
            $before = ldap_connect('ldap://127.0.0.1:1');
            $mine = show($before);
            $n = $_GET['me'] === 'a' ? 1 : 2;
            meet();
            $set = fn ($option, $value) => ldap_set_option(null, $option, $value) || exit("not $option");
            $set(LDAP_OPT_DEREF, $n);
            $set(LDAP_OPT_SIZELIMIT, 10 * $n);
            $set(LDAP_OPT_TIMELIMIT, 20 * $n);
            $set(LDAP_OPT_PROTOCOL_VERSION, $n + 1);
            $set(LDAP_OPT_REFERRALS, false);
            $set(LDAP_OPT_NETWORK_TIMEOUT, 30 * $n);
            $set(LDAP_OPT_TIMEOUT, 40 * $n);
            $set(LDAP_OPT_X_TLS_REQUIRE_CERT, $n === 1 ? LDAP_OPT_X_TLS_NEVER : LDAP_OPT_X_TLS_ALLOW);
            $set(LDAP_OPT_X_TLS_CACERTFILE, "/of/$n");
            $set(LDAP_OPT_X_KEEPALIVE_IDLE, 50 * $n);
            $set(LDAP_OPT_SERVER_CONTROLS, [['oid' => "1.2.$n", 'iscritical' => true]]);
            meet();
            $got = show();
            meet();
            echo json_encode([$got, show($before) === $mine, @ldap_set_option(null, LDAP_OPT_PROTOCOL_VERSION, 9)]);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    before = tusk.get("/show.php").json()
    for turn in range(3):
        directory = tmp_path / f"turn{turn}"
        directory.mkdir()
        requests = [
            tusk.raw().request("GET", f"/set.php?dir={directory}&me={me}&other={other}")
            for me, other in ("ab", "ba")
        ]
        for n, request in enumerate(requests, 1):
            got, kept, invalid = json.loads(request.response().text)
            assert got[:10] == [n, 10 * n, 20 * n, n + 1, 0, 30 * n, 40 * n, 0 if n == 1 else 3,
                                f"/of/{n}", 50 * n]  # fmt: skip
            assert list(got[10]) == [f"1.2.{n}"]
            assert kept and not invalid
        for _ in range(4):
            assert tusk.get("/show.php").json() == before


BIND = """<?php
foreach (['REQCERT', 'CACERT'] as $name) {
    if (isset($_GET[$name])) putenv("LDAPTLS_$name=$_GET[$name]");
}
ldap_set_option(null, LDAP_OPT_NETWORK_TIMEOUT, 10);
if (isset($_GET['require'])) ldap_set_option(null, LDAP_OPT_X_TLS_REQUIRE_CERT, (int) $_GET['require']);
if (isset($_GET['ca'])) ldap_set_option(null, LDAP_OPT_X_TLS_CACERTFILE, $_GET['ca']);
$got = [];
for ($i = 0; $i < 2; ++$i) {
    $ldap = @ldap_connect("ldaps://127.0.0.1:$_GET[port]");
    $got[] = $ldap !== false && @ldap_bind($ldap, 'cn=x', 'y');
}
echo json_encode($got);
"""


def test_switching_certificate_checks_off_affects_one_request(start_tusk, make_root, ldap_server, authority):
    """By options and by the environment; a later request, and a handle made later, check as
    usual. A request that names the authority succeeds; one whose authority file is missing
    fails."""
    tusk = start_tusk(make_root({"bind.php": BIND}), "--workers", 1)
    never, demand = 0, 2

    def bind(**parameters) -> list:
        return tusk.get("/bind.php", params={"port": ldap_server.port} | parameters).json()

    usual = [False, False]
    for _ in range(2):
        assert bind() == usual
        assert bind(require=never) == [True, True]
        assert bind() == usual
        assert bind(ca=str(authority.certificate)) == [True, True]
        assert bind() == usual
        assert bind(REQCERT="never") == [True, True]
        assert bind() == usual
        assert bind(CACERT=str(authority.certificate)) == [True, True]
        assert bind(REQCERT="never", require=demand) == usual
        assert bind(ca="/nowhere.pem") == usual
        assert bind() == usual


def test_the_first_request_does_not_configure_the_library(start_tusk, make_root, ldap_server):
    """libldap reads the environment and ./ldaprc once: it must not read those of the script that
    uses it first."""
    root = make_root({"bind.php": BIND, "ldaprc": "TLS_REQCERT never\n"})
    tusk = start_tusk(root, "--workers", 1)
    first = tusk.get("/bind.php", params={"port": ldap_server.port, "REQCERT": "never"})
    assert first.json() == [True, True]
    assert tusk.get("/bind.php", params={"port": ldap_server.port}).json() == [False, False]


def test_a_forked_process_has_the_scripts_options(start_tusk, make_root):
    """In the child they are the process's options."""
    root = make_root(
        {
            "fork.php": """<?php
            ldap_set_option(null, LDAP_OPT_SIZELIMIT, 77);
            $file = tempnam(sys_get_temp_dir(), 'fork');
            if (($child = pcntl_fork()) === 0) {
                ldap_get_option(ldap_connect('ldap://127.0.0.1:1'), LDAP_OPT_SIZELIMIT, $size);
                file_put_contents($file, $size);
                exit;
            }
            pcntl_waitpid($child, $status);
            readfile($file);
            unlink($file);
            """
        }
    )
    assert start_tusk(root).get("/fork.php").text == "77"
