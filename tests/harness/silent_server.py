"""Servers that fall silent: each accepts connections, sends what its protocol begins with, and
then nothing more, so that a client waits for ever."""

import contextlib
import socket
import ssl
import struct
import threading


def _hold(connection) -> None:
    """Waits until the client closes."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def _http(connection) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe begin")
    _hold(connection)


def _ftp(connection) -> None:
    connection.sendall(b"220 ready\r\n")
    _hold(connection)


def _mysql(connection) -> None:
    """Sends its greeting, and no answer to the login."""
    salt = b"12345678\0", b"123456789012\0"
    body = (b"\x0a8.0.0\0" + struct.pack("<I", 1) + salt[0] + struct.pack("<H", 0xF7FF) + b"\x21"
            + struct.pack("<HH", 2, 0x00FF) + bytes([21]) + bytes(10) + salt[1]
            + b"mysql_native_password\0")
    connection.sendall(struct.pack("<I", len(body))[:3] + b"\0" + body)
    _hold(connection)


def _postgres(connection) -> None:
    """Accepts any login, reports that it is ready for queries, and answers none."""
    connection.recv(65536)
    connection.sendall(b"R" + struct.pack(">II", 8, 0) + b"Z" + struct.pack(">I", 5) + b"I")
    _hold(connection)


class SilentServers:
    """`ports` maps what is spoken before the silence to a port:

    nothing   connections are accepted, and not read from
    full      connections are not accepted: connecting waits for ever
    tls       a handshake
    http ftp mysql postgres
    """

    def __init__(self, certificate: str):
        self._sockets = []
        self.ports = {}
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listen("nothing", backlog=4096)
        full = self._listen("full", backlog=0)
        for _ in range(2):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            self._sockets.append(client)
        speakers = {"tls": self._tls, "http": _http, "ftp": _ftp, "mysql": _mysql, "postgres": _postgres}
        for name, speak in speakers.items():
            self._start(self._serve, self._listen(name), speak)

    def _listen(self, name: str, backlog: int = 128) -> socket.socket:
        server = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self._sockets.append(server)
        self.ports[name] = server.getsockname()[1]
        return server

    def _start(self, function, *arguments) -> None:
        threading.Thread(target=function, args=arguments, daemon=True).start()

    def _serve(self, server: socket.socket, speak) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._talk, server.accept()[0], speak)

    @staticmethod
    def _talk(connection: socket.socket, speak) -> None:
        with connection, contextlib.suppress(OSError):
            speak(connection)

    def _tls(self, connection: socket.socket) -> None:
        """Reads nothing more, and ends when the client has left: a reset wakes the poll."""
        with self._context.wrap_socket(connection, server_side=True) as stream:
            self._gone(stream)

    @staticmethod
    def _gone(stream) -> None:
        import select

        poller = select.poll()
        poller.register(stream, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        poller.poll()

    def close(self) -> None:
        for each in self._sockets:
            each.close()
