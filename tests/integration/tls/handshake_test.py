"""TLS handshakes as clients see them: versions, ciphers, and the protocol that ALPN agrees on."""

import os
import ssl

import pytest

from harness.output import output_sha256, sha256
from harness.server import PHP_SCRIPTS
from harness.tls import TLS12, TLS13, client_context, handshake_failures, s_client, server_variables


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_both_versions_are_spoken(secure, connect, version):
    """TLS 1.2 and 1.3, as reported in $_SERVER, metrics and access log."""
    name = {TLS12: "1.2", TLS13: "1.3"}[version]
    labels = {"version": name, "resumed": "no"}
    before = secure.metrics().value("tusk_tls_handshakes_total", **labels)
    client = connect(secure, version=version)
    assert client.tls.version() == f"TLSv{name}"
    server = server_variables(client)
    cipher, _, bits = client.tls.cipher()
    assert server["SSL_PROTOCOL"] == f"TLSv{name}"
    assert server["SSL_CIPHER"] == cipher
    assert server["SSL_CIPHER_USEKEYSIZE"] == str(bits)
    assert server["HTTPS"] == "on" and server["REQUEST_SCHEME"] == "https"
    assert server["SERVER_PORT"] == str(secure.port)
    assert server["SSL_TLS_SNI"] == server["SSL_SERVER_NAME"] == "localhost"
    assert server["SSL_CLIENT_VERIFY"] == "NONE"
    secure.wait_for_metric(before + 1, "tusk_tls_handshakes_total", **labels)
    secure.wait_for_access_log(rf"GET /request\.php .* tls=TLSv{name} cipher={cipher}\n")


def test_older_versions_are_refused(secure):
    """TLS 1.1 ends in an alert, and is counted."""
    before = handshake_failures(secure, "version")
    done = s_client(secure, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert done.returncode != 0 and "alert protocol version" in done.stderr
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="version")


def test_only_1_3_when_asked_for(start_tusk, localhost, connect):
    """tls_min_version = 1.3."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags(), "--tls-min-version", "1.3")
    assert connect(tusk, version=TLS13).get("/hello.php").text == "Hello World!"
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        connect(tusk, version=TLS12)


@pytest.mark.parametrize(
    "cipher",
    ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"],
)
def test_weak_ciphers_are_refused(secure, cipher):
    """Ciphers without forward secrecy, or in CBC mode, are not in Mozilla's intermediate list."""
    before = handshake_failures(secure, "cipher")
    done = s_client(secure, "-tls1_2", "-cipher", cipher)
    assert done.returncode != 0 and "handshake failure" in done.stderr
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="cipher")


def test_the_client_chooses_the_cipher(secure, connect):
    """All offered ciphers are good, and the client knows which of them it computes fast."""
    for cipher in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        others = f"{cipher}:ECDHE-ECDSA-AES128-GCM-SHA256"
        assert connect(secure, version=TLS12, ciphers=others).tls.cipher()[0] == cipher


def test_renegotiation_is_refused(secure):
    """A client cannot make the server compute one handshake after the other on a connection."""
    done = s_client(secure, "-tls1_2", send="R\nGET /hello.php HTTP/1.0\n\n")
    assert "no renegotiation" in done.stderr or "no renegotiation" in done.stdout
    assert "Hello World!" not in done.stdout


def test_alpn(secure, connect):
    """http/1.1 is agreed on; a client that offers neither protocol is refused (RFC 7301 §3.2)."""
    client = connect(secure, alpn=("ftp", "http/1.1"))
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert client.get("/hello.php").text == "Hello World!"
    assert connect(secure).tls.selected_alpn_protocol() is None
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect(secure, alpn=("ftp",))
    secure.wait_for_metric(
        lambda value: value >= 1, "tusk_tls_handshake_failures_total", reason="protocol"
    )


def test_http2_is_agreed_on(secure, authority):
    """ALPN's h2 leads to HTTP/2, and scripts see the same variables of the connection."""
    client = secure.new_client(http2=True, verify=client_context(authority.certificate))
    url = f"https://localhost:{secure.port}"
    for _ in range(3):
        response = client.get(f"{url}/request.php")
        server = response.json()["server"]
        assert response.http_version == "HTTP/2" and server["SERVER_PROTOCOL"] == "HTTP/2.0"
        assert server["SSL_PROTOCOL"] == "TLSv1.3" and server["HTTPS"] == "on"
    body = os.urandom(1 << 20) * 3
    seen = client.put(f"{url}/request.php", content=body).json()
    assert seen["input_sha256"] == sha256([body])
    response = client.get(f"{url}/output.php?mib=8&flush=1")
    assert sha256([response.content]) == output_sha256(8)


def test_http2_is_not_offered_when_it_is_off(start_tusk, localhost, connect):
    """http2 = off: ALPN agrees on http/1.1."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags(), "--http2=off")
    client = connect(tusk, alpn=("h2", "http/1.1"))
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert client.get("/hello.php").text == "Hello World!"
