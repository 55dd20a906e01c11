"""Fixtures of the tests of TLS."""

import pytest

from harness.certificates import Authority
from harness.server import PHP_SCRIPTS, Server
from harness.tls import TlsClient, client_context


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    """The authority that clients trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def localhost(authority):
    """A certificate for localhost and 127.0.0.1."""
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


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Authority:
    """Another authority, which issues certificates to clients."""
    return Authority(tmp_path_factory.mktemp("people"), "People")
