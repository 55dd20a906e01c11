"""TLS as clients see it: versions, ciphers, certificates, sessions, and the variables of
scripts."""

import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess

import pytest

from harness.certificates import Authority, openssl
from harness.load import Load
from harness.server import PHP_SCRIPTS, Server, run_tusk, sanitizer
from harness.tls import TlsClient, client_context
from harness.wait import PATIENCE_S, wait_for

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def localhost(authority):
    return authority.issue("localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def secure(start_module_tusk, localhost) -> Server:
    """Two workers and one ECDSA certificate."""
    return start_module_tusk(
        PHP_SCRIPTS, "--workers", 2, "--access-log", *localhost.flags(), "--log-level", "debug"
    )


@pytest.fixture
def connect(authority):
    """connect(server, host=..., session=..., version=...) returns a client that trusts the
    authority."""
    clients = []

    def open_client(server, host="localhost", session=None, context=None, **demands):
        context = context or client_context(authority.certificate, **demands)
        client = TlsClient(server.port, context, host, session)
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        client.close()


def s_client(server: Server, *arguments, send: str = "") -> subprocess.CompletedProcess:
    """OpenSSL's own client: one connection, without verifying the server."""
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *map(str, arguments)],
        input=send,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
    )


def server_variables(client: TlsClient) -> dict:
    return json.loads(client.get("/request.php").body)["server"]


def failures(server: Server, reason: str) -> float:
    return server.metrics().value("tusk_tls_handshake_failures_total", reason=reason)


# --- versions, ciphers, protocols ---


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
    before = failures(secure, "version")
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
    before = failures(secure, "cipher")
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
    assert seen["input_sha256"] == hashlib.sha256(body).hexdigest()
    expected = hashlib.sha256()
    for i in range(8):
        expected.update(hashlib.md5(str(i).encode()).hexdigest().encode() * 32768)
    response = client.get(f"{url}/output.php?mib=8&flush=1")
    assert hashlib.sha256(response.content).digest() == expected.digest()


def test_http2_is_not_offered_when_it_is_off(start_tusk, localhost, connect):
    """http2 = off: ALPN agrees on http/1.1."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags(), "--http2=off")
    client = connect(tusk, alpn=("h2", "http/1.1"))
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert client.get("/hello.php").text == "Hello World!"


# --- certificates ---


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


# --- what must not start ---


def certificate_error(*flags) -> str:
    """Returns the message of a start and of a check: both end with status 1 and one line."""
    for command in ("serve", "check"):
        done = run_tusk(
            *(command, "--root", PHP_SCRIPTS, "--listen", "127.0.0.1:0"),
            *("--internal-addr", "off", *flags),
        )
        assert done.returncode == 1, done.stderr
        assert "configuration ok" not in done.stdout
    return done.stderr


def test_a_key_that_does_not_fit(authority):
    """The message names both files."""
    one, other = authority.issue("localhost"), authority.issue("localhost")
    error = certificate_error("--tls-cert", one.chain, "--tls-key", other.key)
    assert f"the key in {other.key} does not belong to the certificate in {one.chain}" in error


def test_files_that_cannot_be_used(authority, localhost, tmp_path):
    """Missing, not PEM, encrypted, too weak: each causes its own message."""
    missing = tmp_path / "missing.pem"
    error = certificate_error("--tls-cert", missing, "--tls-key", localhost.key)
    assert f"{missing}: No such file or directory" in error
    error = certificate_error("--tls-cert", localhost.key, "--tls-key", localhost.key)
    assert "there is no certificate in it" in error
    error = certificate_error("--tls-cert", localhost.chain)
    assert "there is no private key in it" in error
    secret = tmp_path / "secret.key"
    openssl("pkey", "-in", localhost.key, "-aes256", "-passout", "pass:x", "-out", secret)
    error = certificate_error("--tls-cert", localhost.chain, "--tls-key", secret)
    assert "the key has a passphrase" in error
    error = certificate_error(*localhost.flags(), "--tls-ciphers", "NONSENSE")
    assert "none of the TLS ciphers is known" in error


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--listen", "https://127.0.0.1:0"], "needs a certificate"),
        (["--tls-cert", "a", "--tls-cert", "b", "--tls-key", "c"], "there are 1 keys for 2"),
        (["--tls-self-signed", "--tls-client-auth", "required"], "tls_client_ca"),
        (["--tls-self-signed", "--tls-cert", "a"], "tls_cert gives a certificate already"),
        (["--internal-addr", "https://127.0.0.1:0"], "does not speak TLS"),
    ],
)
def test_options_that_contradict_each_other(flags, message):
    """Status 2, and the message says what to do."""
    done = run_tusk("check", "--root", PHP_SCRIPTS, *flags)
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_usable_but_doubtful_files_are_warnings(start_tusk, authority):
    """An expired certificate, a key that every user can read."""
    old = authority.issue("localhost", days=-1)
    old.key.chmod(0o644)
    tusk = start_tusk(PHP_SCRIPTS, *old.flags())
    tusk.wait_for_log("the certificate expired on ")
    tusk.wait_for_log("every user of this machine can read the private key")


def test_check_reads_the_certificates(localhost):
    """tusk check says ok only if the server would start."""
    done = run_tusk("check", "--root", PHP_SCRIPTS, *localhost.flags())
    assert done.returncode == 0 and done.stdout.startswith("configuration ok")


# --- sessions ---


def session_of(client: TlsClient) -> ssl.SSLSession:
    """Returns the session; TLS 1.3 has it only after the first response."""
    client.get("/hello.php")
    return client.tls.session


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_a_session_is_resumed(secure, authority, connect, version):
    """By a ticket: the server stores nothing."""
    context = client_context(authority.certificate, version=version)
    session = session_of(connect(secure, context=context))
    client = connect(secure, context=context, session=session)
    assert client.tls.session_reused
    assert server_variables(client)["SSL_SESSION_RESUMED"] == "Resumed"


def test_a_session_is_resumed_in_every_process(start_tusk, localhost, authority, connect):
    """In each of three, after a reload, and after a crash of all of them."""
    tusk = start_tusk(
        PHP_SCRIPTS, *localhost.flags(), "--processes", 3, "--workers", 1, supervised=True
    )
    contexts = [client_context(authority.certificate, version=each) for each in (TLS12, TLS13)]
    sessions = [session_of(connect(tusk, context=context)) for context in contexts]

    def resumed_everywhere():
        """Stops all processes but one in turn, so that the one has to answer."""
        pids = tusk.server_pids()
        for chosen in pids:
            others = [pid for pid in pids if pid != chosen]
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                for context, session in zip(contexts, sessions):
                    client = connect(tusk, context=context, session=session)
                    assert client.get("/hello.php").text == "Hello World!"
                    assert client.tls.session_reused
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)

    resumed_everywhere()
    before, since = tusk.server_pids(), tusk.log_size()
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("a generation has drained", since)
    assert not set(before) & set(tusk.server_pids())
    resumed_everywhere()
    before = tusk.server_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(
        lambda: len(set(tusk.server_pids()) - set(before)) == 3 and tusk.is_ready(),
        "three other processes",
    )
    resumed_everywhere()


@pytest.fixture(scope="module")
def two_names(start_module_tusk, authority) -> Server:
    """One certificate for two names, one for a third; and one for clients that name no host."""
    certificates = [
        authority.issue("localhost", "127.0.0.1"),
        authority.issue("first.example", "second.example"),
        authority.issue("third.example"),
    ]
    flags = [flag for certificate in certificates for flag in certificate.flags()]
    return start_module_tusk(PHP_SCRIPTS, *flags)


def resume(server: Server, tmp_path, version: str, *first_and_then) -> list:
    """Uses OpenSSL's client, which can present a session under any name (None: no name at all).
    Returns whether each connection after the first was resumed."""
    file, reused = tmp_path / "session", []
    for number, name in enumerate(first_and_then):
        done = s_client(
            server, f"-tls{version}", "-ign_eof", *(("-servername", name) if name else ("-noservername",)),
            *(("-sess_in", file) if number else ("-sess_out", file)),
            send="GET /hello.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )
        assert "Hello World!" in done.stdout, done.stderr
        assert ("Reused, TLSv" in done.stdout) != ("New, TLSv" in done.stdout), done.stdout
        reused.append("Reused, TLSv" in done.stdout)
    assert not reused[0]
    return reused[1:]


@pytest.mark.parametrize("version", ["1_2", "1_3"])
def test_a_session_is_not_resumed_under_another_name(two_names, tmp_path, version):
    """RFC 6066 §3: whichever certificates the two names have. The same name in upper or lower
    case is the same name."""
    seen = resume(
        two_names, tmp_path, version,
        "first.example", "first.example", "FIRST.example", "second.example", "third.example",
        "first.example.org", "unknown.example", None, "first.example",
    )
    assert seen == [True, True, False, False, False, False, False, True]


@pytest.mark.parametrize("version", ["1_2", "1_3"])
def test_a_session_without_a_name_is_resumed_only_without_one(two_names, tmp_path, version):
    """A client that never names a host also resumes; its session is not valid for any name."""
    assert resume(two_names, tmp_path, version, None, None, "localhost", None) == [True, False, True]


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_another_name_gets_a_session_of_its_own(two_names, authority, connect, version):
    """The full handshake ends with the other name's certificate and a session that can be
    resumed."""
    context = client_context(authority.certificate, version=version)
    session = session_of(connect(two_names, "first.example", context=context))
    other = connect(two_names, "third.example", session=session, context=context)
    assert not other.tls.session_reused and other.names() == {"third.example"}
    assert server_variables(other)["SSL_TLS_SNI"] == "third.example"
    again = connect(two_names, "third.example", session=session_of(other), context=context)
    assert again.tls.session_reused


def test_a_session_can_be_resumed_for_a_time(start_tusk, localhost, authority, connect):
    """tls_ticket_rotation. The unit test, which controls its clock, tests that tickets outlive
    their key once."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags(), "--tls-ticket-rotation", "2s")
    context = client_context(authority.certificate, version=TLS12)

    def resumes(session) -> bool:
        return connect(tusk, context=context, session=session).tls.session_reused

    session = session_of(connect(tusk, context=context))
    wait_for(lambda: not resumes(session), "the session's time to be over", poll_s=0.1)
    wait_for(lambda: resumes(session_of(connect(tusk, context=context))), "a fresh one to be good")


def test_without_tickets_nothing_is_resumed(start_tusk, localhost, authority, connect):
    """tls_ticket_rotation = 0."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags(), "--tls-ticket-rotation", "0")
    for version in (TLS12, TLS13):
        context = client_context(authority.certificate, version=version)
        session = session_of(connect(tusk, context=context))
        if session is not None:
            assert not connect(tusk, context=context, session=session).tls.session_reused


# --- client certificates ---


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("people"), "People")


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


def test_private_keys_stay_private(start_tusk, localhost, connect, make_root):
    """Neither phpinfo() nor the printed configuration contains them."""
    root = make_root({"info.php": "<?php phpinfo();"})
    tusk = start_tusk(root, *localhost.flags())
    shown = run_tusk("config", "--root", root, *localhost.flags()).stdout
    secret = localhost.key.read_text().splitlines()[1]
    assert str(localhost.key) in shown
    for text in (shown, connect(tusk).get("/info.php").text, tusk.log()):
        assert secret not in text and "PRIVATE KEY" not in text


# --- bytes ---


def test_keep_alive_and_pipelining(secure, connect):
    """Requests one after the other, and several in one record."""
    client = connect(secure)
    for _ in range(3):
        assert client.get("/hello.php").text == "Hello World!"
    request = b"GET /hello.php HTTP/1.1\r\nHost: localhost\r\n\r\n"
    client.send(request * 20)
    assert [client.response().text for _ in range(20)] == ["Hello World!"] * 20


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_a_large_upload_arrives_whole(secure, connect, version):
    """Many records, more than is kept in memory."""
    body = os.urandom(1 << 20) * 12
    client = connect(secure, version=version)
    seen = json.loads(client.request("PUT", "/request.php", body=body).response().body)
    assert seen["input_length"] == len(body)
    assert seen["input_sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("flush", ["", "&flush=1"], ids=["whole", "streamed"])
def test_a_large_response_arrives_whole(secure, connect, flush):
    """From memory, from the spool, in chunks."""
    expected = hashlib.sha256()
    for i in range(24):
        expected.update(hashlib.md5(str(i).encode()).hexdigest().encode() * 32768)
    response = connect(secure).get(f"/output.php?mib=24{flush}")
    assert hashlib.sha256(response.body).digest() == expected.digest()


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 20_000_000])
def test_a_file_arrives_whole(start_tusk, localhost, connect, make_root, size):
    """Together with its head, even if the file is empty."""
    content = (os.urandom(1 << 20) * (size // (1 << 20) + 1))[:size]
    tusk = start_tusk(make_root({"file.bin": content}), *localhost.flags())
    client = connect(tusk)
    for _ in range(2):
        response = client.get("/file.bin")
        assert response.header("content-length") == str(size)
        assert response.body == content
    assert client.get("/file.bin", "Range: bytes=0-9").status in (200, 206, 416)


def test_a_client_that_reads_late_gets_all(secure, connect, tmp_path):
    """The script has ended by then; data that waited for room is sent, and only once."""
    done = tmp_path / "done"
    client = connect(secure)
    client.request("GET", f"/output.php?mib=16&done={done}")
    wait_for(done.exists, "the script to end")
    expected = hashlib.sha256()
    for i in range(16):
        expected.update(hashlib.md5(str(i).encode()).hexdigest().encode() * 32768)
    assert hashlib.sha256(client.response().body).digest() == expected.digest()


def test_the_server_sends_close_notify(secure, connect):
    """A response that ends with the connection is marked as complete."""
    client = connect(secure)
    response = client.get("/hello.php", "Connection: close")
    assert response.text == "Hello World!"
    client.expect_closed()  # the ssl module reports an end without close_notify as an error


def test_a_request_that_is_cut_is_not_run(secure, connect, tmp_path):
    """The connection ends without close_notify in the middle of a body."""
    marker = tmp_path / "ran"
    client = connect(secure)
    target = f"/output.php?mib=1&done={marker}"
    client.send(f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
    before = secure.metrics().value("tusk_tls_connections_open")
    socket.socket(fileno=client.tls.detach()).close()  # as when a client crashes
    secure.wait_for_metric(lambda value: value < before, "tusk_tls_connections_open")
    assert not marker.exists()


def test_a_client_that_leaves_is_noticed(secure, connect, tmp_path):
    """As without TLS, a script notices it when it writes."""
    before = secure.metrics().value("tusk_responses_aborted_total")
    client = connect(secure).request("GET", "/output.php?mib=64&flush=1")
    client.head()
    client.close()
    secure.wait_for_metric(lambda value: value > before, "tusk_responses_aborted_total")


# --- without TLS ---


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_http_on_a_tls_port_gets_a_readable_answer(secure, method):
    """400, with an explanation."""
    before = failures(secure, "plain_http")
    with secure.raw() as client:
        response = client.request(method, "/hello.php").response(method)
        assert response.status == 400 and response.header("connection") == "close"
        if method != "HEAD":
            assert "This port uses TLS" in response.text
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="plain_http")


def both_ports(tusk: Server) -> dict:
    return {
        scheme: int(port)
        for scheme, port in re.findall(r"\b(https?)://127\.0\.0\.1:(\d+)", tusk.start_line)
    }


@pytest.mark.parametrize("status", [301, 308])
def test_redirect_and_hsts(start_tusk, localhost, authority, status):
    """http:// redirects to https://, which tells browsers to stay there; HSTS is sent only over
    TLS (RFC 6797 §7.2)."""
    tusk = start_tusk(
        *(PHP_SCRIPTS, *localhost.flags(), "--https-redirect", status),
        *("--https-redirect-port", "8443", "--hsts", "31536000", "--hsts-subdomains"),
        listen=("http://127.0.0.1:0", "https://127.0.0.1:0"),
        internal="off",
    )
    ports = both_ports(tusk)
    tusk.port = ports["http"]
    with tusk.raw() as client:
        for method in ("GET", "POST"):
            response = client.request(
                method, "/hello.php?a=%20b", body=b"x" if method == "POST" else b""
            ).response()
            assert response.status == status
            assert response.header("location") == "https://localhost:8443/hello.php?a=%20b"
            assert response.header("strict-transport-security") is None
    with TlsClient(ports["https"], client_context(authority.certificate)) as client:
        for path in ("/hello.php", "/none"):
            response = client.get(path)
            assert (
                response.header("strict-transport-security")
                == "max-age=31536000; includeSubDomains"
            )


def test_a_proxy_that_spoke_tls_is_not_redirected(start_tusk):
    """A trusted proxy's X-Forwarded-Proto says https."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--https-redirect", "301", "--trusted-proxies", "127.0.0.1"
    )
    with tusk.raw() as client:
        assert client.get("/hello.php", "X-Forwarded-Proto: https").text == "Hello World!"
        response = client.get("/hello.php")
        assert response.status == 301
        assert response.header("location") == "https://localhost/hello.php"


def test_a_redirect_has_nothing_of_the_request_before(start_tusk, tmp_path):
    """Header fields of rules belong to the request to which the rules applied."""
    config = tmp_path / "t.toml"
    config.write_text("[[rules]]\nset_headers = { 'X-Rule' = 'yes' }\n")
    tusk = start_tusk(
        PHP_SCRIPTS, "--config", config, "--https-redirect", "301", "--trusted-proxies", "127.0.0.1"
    )
    with tusk.raw() as client:
        assert client.get("/hello.php", "X-Forwarded-Proto: https").header("x-rule") == "yes"
        response = client.get("/hello.php")
        assert response.status == 301 and response.header("x-rule") is None


# --- real clients ---


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_curl(secure, authority, version):
    """It verifies the certificate, and uses a connection for several requests."""
    url = f"https://localhost:{secure.port}"
    done = subprocess.run(
        ["curl", "-sS", "--cacert", authority.certificate, version, "-w", "%{num_connects}\n"]
        + [f"{url}/hello.php", f"{url}/hello.php"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    kept = 1 if version == "--http1.0" else 0
    assert done.stdout.split("\n")[:2] == ["Hello World!1", f"Hello World!{kept}"]


def test_s_client(secure, authority):
    """Verify return code 0, and a response."""
    request = "GET /hello.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{secure.port}", "-servername", "localhost"]
        + ["-CAfile", authority.certificate, "-verify_return_error", "-ign_eof"],
        input=request,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout and "Hello World!" in done.stdout


def test_httpx(secure, authority):
    """Python's own TLS."""
    client = secure.new_client(verify=client_context(authority.certificate))
    response = client.get(f"https://localhost:{secure.port}/hello.php")
    assert response.text == "Hello World!" and response.http_version == "HTTP/1.1"


# --- renewal ---


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


# --- hostile clients ---


def test_a_thousand_half_open_handshakes(start_tusk, localhost, connect, half_open):
    """Half of them are silent, half are in the middle of their first message: other clients are
    served, memory stays bounded, and all are closed when their time is over."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 2, *localhost.flags(), "--tls-handshake-timeout", "5s"
    )
    assert connect(tusk).get("/hello.php").text == "Hello World!"
    before = memory(tusk)
    silent, begun = half_open(tusk, 500, b""), half_open(tusk, 500, CLIENT_HELLO[:60])
    tusk.wait_for_metric(lambda value: value >= 1000, "tusk_active_connections")
    for _ in range(20):
        assert connect(tusk).get("/hello.php").text == "Hello World!"
    grown = memory(tusk) - before
    # A sanitizer has memory of its own.
    assert grown < (40 << 20 if not sanitizer() else 400 << 20), f"{grown} bytes for 1,000 handshakes"
    tusk.wait_for_metric(1000, "tusk_tls_handshake_failures_total", reason="timeout")
    for client in (*silent, *begun):
        assert client.recv(1) == b""


# The beginning of a real one, as openssl s_client sends it.
CLIENT_HELLO = bytes.fromhex("160301013501000131030300") + bytes(64)


def memory(server: Server) -> int:
    """Returns resident bytes."""
    pages = (open(f"/proc/{server.pid}/statm").read()).split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def half_open():
    """half_open(server, count, data) opens connections that send `data` and no more."""
    sockets = []

    def open_them(server, count, data):
        opened = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
            client.sendall(data)
            opened.append(client)
        sockets.extend(opened)
        return opened

    yield open_them
    for client in sockets:
        client.close()


def test_invalid_bytes_are_refused_without_harm(secure, connect):
    """Random bytes, a record with too large a length, an alert, an empty record."""
    before = secure.metrics().total("tusk_tls_handshake_failures_total")
    inputs = [
        os.urandom(500) + b"\xff" * 600,
        b"\x16\x03\x01\xff\xff" + bytes(500),
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x03\x01\x00\x00" * 40 + b"x" * 200,
        b"\x80\x2e\x01\x00\x02" + bytes(60),
    ]
    for data in inputs:
        with secure.raw() as client:
            if client.try_send(data):
                try:
                    client.finish_sending()
                except OSError:
                    pass  # gone already
            client.read_to_end()
    wait_for(
        lambda: secure.metrics().total("tusk_tls_handshake_failures_total")
        == before + len(inputs),
        "each to be counted",
    )
    assert connect(secure).get("/hello.php").text == "Hello World!"


def test_a_client_that_closes_in_the_handshake_is_counted(secure):
    """It does not count as a failure of the server. Whether it was still connected when the
    server looked depends on timing."""
    def left() -> float:
        return failures(secure, "closed") + failures(secure, "abandoned")

    before = left()
    with secure.raw() as client:
        client.send(CLIENT_HELLO[:40])
    wait_for(lambda: left() == before + 1, "it to be counted")


def test_a_client_that_rejects_the_certificate_is_counted(secure, people, connect):
    """Its alert reports it."""
    before = failures(secure, "alert")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(secure, context=client_context(people.certificate, version=TLS12))
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="alert")


def test_a_drain_lets_handshakes_finish(start_tusk, localhost, authority):
    """A client that had connected before SIGTERM is answered."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags())
    plain = socket.create_connection(("127.0.0.1", tusk.port), PATIENCE_S)
    tusk.wait_for_metric(1, "tusk_active_connections")
    tusk.signal(15)
    tusk.wait_for_log("draining")
    with client_context(authority.certificate).wrap_socket(
        plain, server_hostname="localhost"
    ) as client:
        client.sendall(b"GET /hello.php HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b"200 OK" in answer and b"Connection: close" in answer and b"Hello World!" in answer
    assert tusk.wait_for_exit() == 0
