"""Certificates are renewed while the server runs."""

import ssl

from harness.certificates import openssl
from harness.load import Load
from harness.server import PHP_SCRIPTS
from harness.tls import TlsClient, client_context, session_of
from harness.wait import wait_for


def test_certificates_are_renewed_under_load(start_tusk, authority, connect):
    """Every request is answered, kept connections go on, new ones get the new certificate."""
    names = [f"gen{n}.example" for n in range(3)]
    used = authority.issue("localhost", names[0])
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, *used.flags())
    context = client_context(authority.certificate)
    load = Load(tusk.port, keep=6, fresh=3, connect=lambda port: TlsClient(port, context))
    with load:
        for name in names[1:]:
            enough = load.answered() + 100
            wait_for(lambda: load.answered() > enough, "requests under load")
            used.replace_with(authority.issue("localhost", name))
            wait_for(lambda: name in connect(tusk).names(), f"the certificate of {name}")
        enough = load.answered() + 100
        wait_for(lambda: load.answered() > enough, "requests after the last renewal")
        load.no_more_connections(lambda: tusk.signal(15))
    assert load.finish().failures == []
    assert tusk.wait_for_exit() == 0
    assert tusk.log().count("new certificates are in use") >= 2


def test_a_broken_renewal_changes_nothing(start_tusk, authority, connect):
    """A key that does not match is refused with a log line; when it matches, it is loaded."""
    used = authority.issue("localhost", "before.example")
    fresh = authority.issue("localhost", "after.example")
    tusk = start_tusk(PHP_SCRIPTS, *used.flags())
    used.chain.write_text(fresh.chain.read_text())
    tusk.wait_for_log("new certificates are invalid; keeping the old ones.*does not belong to the certificate")
    assert "before.example" in connect(tusk).names()
    assert tusk.metrics().value("tusk_tls_reloads_total", result="refused") == 1
    used.key.write_text(fresh.key.read_text())
    wait_for(lambda: "after.example" in connect(tusk).names(), "the new certificate")
    assert tusk.metrics().value("tusk_tls_reloads_total", result="done") == 1


def test_a_session_survives_a_renewal(start_tusk, authority, connect):
    """Ticket keys do not depend on the certificate."""
    used = authority.issue("localhost", "before.example")
    tusk = start_tusk(PHP_SCRIPTS, *used.flags())
    context = client_context(authority.certificate)
    session = session_of(connect(tusk, context=context))
    used.replace_with(authority.issue("localhost", "after.example"))
    wait_for(lambda: "after.example" in connect(tusk).names(), "the new certificate")
    assert connect(tusk, context=context, session=session).tls.session_reused


def test_the_expiry_of_the_certificate_is_a_metric(secure, localhost):
    """For an alarm before that time."""
    end = openssl("x509", "-in", localhost.chain, "-noout", "-enddate").stdout.decode().strip()
    seconds = ssl.cert_time_to_seconds(end.partition("=")[2])
    assert secure.metrics().value("tusk_tls_certificate_expiry_seconds") == seconds
