"""The certificate that a client gets: by host name, by kind of key, with its chain and its OCSP
response."""

import ssl

import pytest

from harness.certificates import openssl
from harness.server import PHP_SCRIPTS, Server, run_tusk
from harness.tls import TLS12, TlsClient, client_context, s_client


@pytest.fixture(scope="module")
def several(start_module_tusk, authority) -> Server:
    """A default certificate, one for a name, one for a wildcard; and RSA beside ECDSA for one
    name."""
    certificates = [
        authority.issue("localhost", "127.0.0.1"),
        authority.issue("one.example"),
        authority.issue("*.wild.example"),
        authority.issue("both.example", key="rsa"),
        authority.issue("both.example"),
    ]
    flags = [flag for certificate in certificates for flag in certificate.flags()]
    return start_module_tusk(PHP_SCRIPTS, *flags)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "localhost"),
        ("one.example", "one.example"),
        ("ONE.example", "one.example"),
        ("two.wild.example", "*.wild.example"),
    ],
)
def test_the_host_name_chooses_the_certificate(several, connect, host, expected):
    """By name, in upper or lower case, and by wildcard."""
    assert expected in connect(several, host).names()


@pytest.mark.parametrize("host", ["elsewhere.org", "a.b.wild.example", None])
def test_unknown_host_names_get_the_first_certificate(several, host):
    """The client decides whether it accepts it."""
    client = TlsClient(several.port, client_context(None), host)
    with client:
        der = client.tls.getpeercert(binary_form=True)
        assert b"localhost" in der
        assert client.get("/hello.php").text == "Hello World!"


def test_rsa_and_ecdsa_stand_side_by_side(several, connect):
    """The client's ciphers (1.2) and signature algorithms (1.3) choose between them."""
    for kind in ("RSA", "ECDSA"):
        cipher = f"ECDHE-{kind}-AES128-GCM-SHA256"
        client = connect(several, "both.example", ciphers=cipher, version=TLS12)
        assert client.tls.cipher()[0] == cipher
    for algorithms, kind in (("rsa_pss_rsae_sha256", "RSA-PSS"), ("ECDSA+SHA256", "ECDSA")):
        done = s_client(
            several, "-servername", "both.example", "-tls1_3", "-sigalgs", algorithms
        )
        assert f"Peer signature type: {kind}" in done.stdout


def test_the_chain_is_sent(several, authority):
    """A client that knows only the root can verify the chain."""
    done = s_client(several, "-servername", "one.example", "-showcerts")
    assert done.stdout.count("BEGIN CERTIFICATE") >= 2


def test_the_key_may_be_in_the_certificates_file(start_tusk, authority, connect, tmp_path):
    """As with HAProxy, without tls_key."""
    certificate = authority.issue("localhost")
    both = tmp_path / "both.pem"
    both.write_text(certificate.key.read_text() + certificate.chain.read_text())
    both.chmod(0o600)
    tusk = start_tusk(PHP_SCRIPTS, "--tls-cert", both)
    assert connect(tusk).get("/hello.php").text == "Hello World!"


def test_ocsp_response_is_stapled(start_tusk, authority):
    """A client that asks for it gets it, with the certificate that it belongs to."""
    certificate, other = authority.issue("localhost"), authority.issue("other.example")
    staple = authority.ocsp_response(certificate)
    tusk = start_tusk(
        PHP_SCRIPTS, *other.flags(), *certificate.flags(), "--tls-ocsp", staple
    )
    for version in ("-tls1_2", "-tls1_3"):
        done = s_client(tusk, "-status", version, "-servername", "localhost")
        assert "OCSP Response Status: successful" in done.stdout
        assert "Cert Status: good" in done.stdout
        done = s_client(tusk, "-status", version, "-servername", "other.example")
        assert "OCSP response: no response sent" in done.stdout


def test_an_ocsp_response_for_another_certificate_is_a_warning(start_tusk, authority):
    """A renewed certificate must not have to wait for its staple."""
    certificate, other = authority.issue("localhost"), authority.issue("other.example")
    tusk = start_tusk(
        PHP_SCRIPTS, *certificate.flags(), "--tls-ocsp", authority.ocsp_response(other)
    )
    tusk.wait_for_log("is not about the certificate, and is not sent")
    assert "no response sent" in s_client(tusk, "-status").stdout


def test_self_signed(start_tusk):
    """--tls-self-signed needs no preparation, and the default address speaks TLS."""
    tusk = start_tusk(PHP_SCRIPTS, "--tls-self-signed")
    assert tusk.url.startswith("https://")
    with TlsClient(tusk.port, client_context(None)) as client:
        assert client.get("/hello.php").text == "Hello World!"
        pem = ssl.DER_cert_to_PEM_cert(client.tls.getpeercert(binary_form=True))
    text = openssl("x509", "-noout", "-text", input=pem.encode()).stdout.decode()
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
        assert name in text
    assert "prime256v1" in text


def test_private_keys_stay_private(start_tusk, localhost, connect, make_root):
    """Neither phpinfo() nor the printed configuration contains them."""
    root = make_root({"info.php": "<?php phpinfo();"})
    tusk = start_tusk(root, *localhost.flags())
    shown = run_tusk("config", "--root", root, *localhost.flags()).stdout
    secret = localhost.key.read_text().splitlines()[1]
    assert str(localhost.key) in shown
    for text in (shown, connect(tusk).get("/info.php").text, tusk.log()):
        assert secret not in text and "PRIVATE KEY" not in text
