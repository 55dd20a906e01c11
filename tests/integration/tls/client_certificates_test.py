"""Clients' certificates: which are accepted, and what scripts see of them."""

import hashlib
import json
import re
import ssl

import pytest

from harness.certificates import Authority, Certificate
from harness.server import PHP_SCRIPTS, Server
from harness.tls import TLS12, TLS13, client_context, server_variables


def start_for_people(start_tusk, localhost, people, mode: str) -> Server:
    return start_tusk(
        *(PHP_SCRIPTS, *localhost.flags(), "--tls-client-auth", mode),
        *("--tls-client-ca", people.certificate),
    )


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("mode", ["optional", "required"])
def test_what_scripts_see_of_a_clients_certificate(
    start_tusk, localhost, people, connect, mode, version
):
    """mod_ssl's names; the same values after a resumption."""
    person = people.issue("ann@example.org", subject="/C=DE/O=Tusk & Söhne/CN=Ann")
    tusk = start_for_people(start_tusk, localhost, people, mode)
    context = client_context(people.certificate, version=version, certificate=person)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    first = connect(tusk, context=context)
    server = server_variables(first)
    again = server_variables(connect(tusk, context=context, session=first.tls.session))
    assert again["SSL_SESSION_RESUMED"] == "Resumed"
    for seen in (server, again):
        assert seen["SSL_CLIENT_VERIFY"] == "SUCCESS"
        assert seen["SSL_CLIENT_S_DN"] == "CN=Ann,O=Tusk & Söhne,C=DE"
        assert seen["SSL_CLIENT_S_DN_CN"] == "Ann" and seen["SSL_CLIENT_S_DN_O"] == "Tusk & Söhne"
        assert seen["SSL_CLIENT_I_DN"] == "CN=People,O=tusk tests"
        assert seen["SSL_CLIENT_SAN_Email_0"] == "ann@example.org"
        assert re.fullmatch(r"[0-9A-F]+", seen["SSL_CLIENT_M_SERIAL"])
        assert seen["SSL_CLIENT_V_START"].endswith(" GMT") and seen["SSL_CLIENT_V_END"]
        assert seen["SSL_CLIENT_V_REMAIN"] in ("29", "30")
        pem = seen["SSL_CLIENT_CERT"]
        assert person.chain.read_text().startswith(pem)
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        assert seen["SSL_CLIENT_FINGERPRINT_SHA256"].lower() == digest


def test_optional_client_certificates(
    start_tusk, localhost, people, authority, connect
):
    """Clients without a certificate are served; a certificate that does not verify is refused,
    not ignored."""
    tusk = start_for_people(start_tusk, localhost, people, "optional")
    assert server_variables(connect(tusk))["SSL_CLIENT_VERIFY"] == "NONE"
    stranger = authority.issue("eve", subject="/CN=Ann")
    with pytest.raises((ssl.SSLError, AssertionError, OSError)):
        connect(tusk, certificate=stranger).get("/request.php")
    tusk.wait_for_metric(
        lambda value: value >= 1, "tusk_tls_handshake_failures_total", reason="client_certificate"
    )


def test_required_client_certificates(start_tusk, localhost, people, connect):
    """TLS 1.3 reports the refusal when the client reads."""
    tusk = start_for_people(start_tusk, localhost, people, "required")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        connect(tusk, version=TLS13).get("/request.php")
    with pytest.raises(ssl.SSLError):
        connect(tusk, version=TLS12)


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_a_chain_has_a_limit(start_tusk, localhost, people, tmp_path, connect, version):
    """OpenSSL tries all certificates of a client that have the name of an issuer."""
    person = people.issue("ann@example.org", subject="/CN=Ann")
    others = [Authority(tmp_path / str(i), name="People").certificate.read_text() for i in range(2)]
    tusk = start_for_people(start_tusk, localhost, people, "optional")

    def subject(count: int) -> str:
        chain = tmp_path / f"{count}.pem"
        chain.write_text(person.chain.read_text() + "".join(others) * (count // 2))
        certificate = Certificate(chain, person.key)
        return server_variables(connect(tusk, version=version, certificate=certificate))["SSL_CLIENT_S_DN"]

    assert subject(20) == "CN=Ann"
    with pytest.raises((ssl.SSLError, AssertionError, OSError)):
        subject(60)
    tusk.wait_for_metric(lambda value: value >= 1, "tusk_tls_handshake_failures_total", reason="other")
    assert subject(20) == "CN=Ann"


def test_a_header_cannot_pass_for_a_certificate(secure, connect):
    """Variables of header fields begin with HTTP_."""
    client = connect(secure)
    lines = ["SSL_CLIENT_VERIFY: SUCCESS", "SSL-CLIENT-VERIFY: SUCCESS"]
    server = json.loads(client.get("/request.php", *lines).body)["server"]
    assert server["SSL_CLIENT_VERIFY"] == "NONE"


def test_without_tls_there_are_no_such_variables(tusk):
    """HTTPS is absent, not "off"."""
    with tusk.raw() as client:
        server = json.loads(client.get("/request.php").body)["server"]
    assert not [name for name in server if name.startswith("SSL_") or name == "HTTPS"]
