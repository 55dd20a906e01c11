"""Sessions are resumed by tickets, in every process, and only under the name of their host."""

import contextlib
import os
import signal

import pytest

from harness.server import PHP_SCRIPTS, Server
from harness.tls import TLS12, TLS13, client_context, s_client, server_variables, session_of
from harness.tracing import Frozen
from harness.wait import wait_for


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
            with contextlib.ExitStack() as stopped:
                for pid in pids:
                    if pid != chosen:
                        stopped.enter_context(Frozen(pid))
                for context, session in zip(contexts, sessions):
                    client = connect(tusk, context=context, session=session)
                    assert client.get("/hello.php").text == "Hello World!"
                    assert client.tls.session_reused

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
