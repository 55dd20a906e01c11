"""More TLS handshakes than can be computed: which are computed first, and which are dropped.

A stopped server finds everything that arrived meanwhile at once, so the tests do not depend on
speed."""

import contextlib
import signal
import socket
import ssl
import struct
import threading

import pytest

from harness.server import PHP_SCRIPTS, Server
from harness.tls import TlsClient, client_context, client_hello, handshake_failures
from harness.wait import PATIENCE_S, wait_for


@pytest.fixture(scope="module")
def flags(authority) -> list:
    return authority.issue("localhost").flags()


@pytest.fixture
def serve(start_tusk, flags):
    def start(*args, **options) -> Server:
        return start_tusk(PHP_SCRIPTS, "--workers", 2, *flags, *args, **options)

    return start


@contextlib.contextmanager
def stopped(tusk: Server):
    """Stops the server: everything that is sent inside the block has arrived when the server
    continues."""
    tusk.signal(signal.SIGSTOP)
    wait_for(
        lambda: open(f"/proc/{tusk.pid}/stat").read().rpartition(")")[2].split()[0] == "T",
        "the server to stop",
    )
    try:
        yield
    finally:
        tusk.signal(signal.SIGCONT)


def dial(port: int, source: str = "127.0.0.1", data: bytes = b"") -> socket.socket:
    client = socket.socket()
    client.settimeout(PATIENCE_S)
    client.bind((source, 0))
    client.connect(("127.0.0.1", port))
    client.sendall(data)
    return client


def before_handshake(client: socket.socket) -> ssl.SSLSocket:
    return client_context(None).wrap_socket(
        client, server_hostname="localhost", do_handshake_on_connect=False
    )


def hello_world(tls: ssl.SSLSocket) -> None:
    """Makes the handshake, sends a request, and closes."""
    with tls:
        tls.do_handshake()
        tls.sendall(b"GET /hello.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := tls.recv(65536):
            answer += piece
    assert answer.endswith(b"Hello World!"), answer


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_no_handshake_for_a_client_that_has_left(serve, reset, threads):
    """A valid ClientHello, and then the end: nothing is computed for it, and a log line reports
    their number."""
    tusk = serve("--io-threads", threads)
    with stopped(tusk):
        for _ in range(300):
            client = dial(tusk.port, data=client_hello())
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
    # After a reset, the kernel decides whether the received bytes can still be read.
    wait_for(
        lambda: handshake_failures(tusk, "abandoned") + (handshake_failures(tusk, "closed") if reset else 0) == 300,
        "all to be counted",
    )
    assert tusk.metrics().total("tusk_tls_handshakes_total") == 0
    if not reset and threads == 1:
        tusk.wait_for_log(r"TLS handshakes abandoned: .* times=1\d\d last=127\.0\.0\.1")
    hello_world(before_handshake(dial(tusk.port)))


def test_http_without_tls_is_answered_though_nothing_follows(serve):
    """A half-closed client has not left: it gets the explanation."""
    tusk = serve()
    with stopped(tusk):
        client = dial(tusk.port, data=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
    assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
    client.close()
    assert handshake_failures(tusk, "plain_http") == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_accepting_pauses_while_many_wait(serve, threads):
    """60 clients of 60 addresses connect at the same moment: at most tls_max_handshakes are
    accepted, and all are served in the end."""
    tusk = serve("--tls-max-handshakes", 8, "--io-threads", threads)
    results = []

    def ask(client: ssl.SSLSocket) -> None:
        try:
            hello_world(client)
            results.append("")
        except (OSError, AssertionError) as error:
            results.append(repr(error))

    with stopped(tusk):
        clients = [before_handshake(dial(tusk.port, f"127.0.1.{1 + n}")) for n in range(60)]
        asking = [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in asking:
            thread.start()
        wait_for(lambda: all(map(has_sent, clients)), "all ClientHellos to be sent")
    for thread in asking:
        thread.join(PATIENCE_S)
    assert results == [""] * 60
    metrics = tusk.metrics()
    assert metrics.value("tusk_tls_accept_pauses_total") >= 1
    assert metrics.value("tusk_tls_handshakes_waiting") == 0
    assert "accepting for TLS pauses: tls_max_handshakes are waiting" in tusk.log()


def has_sent(client: ssl.SSLSocket) -> bool:
    """Whether its ClientHello has reached the kernel at the other side."""
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    return struct.unpack_from("Q", info, 120)[0] > 100  # tcpi_bytes_acked


def test_one_address_has_half_of_the_places(serve):
    """Further handshakes of the address are closed and counted; other addresses are served
    meanwhile."""
    tusk = serve("--tls-max-handshakes", 8)
    with stopped(tusk):
        crowd = [dial(tusk.port, "127.0.1.1", client_hello()) for _ in range(40)]
        other = dial(tusk.port, "127.0.1.2", client_hello())
    assert other.recv(1) == b"\x16", "the server must send a ServerHello"
    tusk.wait_for_metric(lambda value: value >= 1, "tusk_tls_handshake_failures_total",
                         reason="refused")
    tusk.wait_for_log(r'TLS handshakes refused times=\d+ last="127\.0\.1\.1: ')
    for client in (*crowd, other):
        client.close()
    hello_world(before_handshake(dial(tusk.port, "127.0.1.3")))


def test_a_trusted_proxy_has_no_limit_of_a_client(serve):
    """It stands for many clients."""
    tusk = serve("--tls-max-handshakes", 40, "--trusted-proxies", "127.0.1.1", "--rate-limit", 5)
    with stopped(tusk):
        crowd = [dial(tusk.port, "127.0.1.1", client_hello()) for _ in range(35)]
    wait_for(lambda: all(client.recv(1, socket.MSG_PEEK) for client in crowd[:5]), "ServerHellos")
    for client in crowd[-5:]:
        assert client.recv(1, socket.MSG_PEEK) == b"\x16"
    for client in crowd:
        client.close()


def test_an_unanswered_handshake_makes_room(serve):
    """A ServerHello was sent, which costs memory, and no answer comes: 64 handshakes may wait
    like this, and beyond that the one that has waited longest is closed."""
    tusk = serve("--tls-max-handshakes", 8)
    silent = []
    for number in range(65):
        silent.append(dial(tusk.port, f"127.0.1.{1 + number}", client_hello()))
        assert silent[-1].recv(1) == b"\x16"
    while silent[0].recv(65536):
        pass  # the rest of its ServerHello, and the end
    tusk.wait_for_metric(1, "tusk_tls_handshake_failures_total", reason="refused")
    tusk.wait_for_log(r'TLS handshakes refused times=1 last="127\.0\.1\.1: .*tls_max_handshakes')
    hello_world(before_handshake(dial(tusk.port, "127.0.1.9")))
    for client in silent:
        client.close()


def test_handshakes_count_for_the_rate(serve):
    """The limit of requests holds for handshakes, counted separately: open connections go on."""
    tusk = serve("--rate-limit", 4, "--rate-window", "1h")
    context = client_context(None)
    clients = [TlsClient(tusk.port, context) for _ in range(4)]
    for _ in range(3):
        with pytest.raises((ssl.SSLError, OSError)):
            TlsClient(tusk.port, context)
    assert handshake_failures(tusk, "refused") == 3
    tusk.wait_for_log(r'TLS handshakes refused times=1 last="127\.0\.0\.1: exceeds rate_limit"')
    for client in clients:
        assert client.get("/hello.php").text == "Hello World!"
    assert clients[0].get("/hello.php").status == 429
    hello_world(before_handshake(dial(tusk.port, "127.0.1.2")))
    for client in clients:
        client.close()
