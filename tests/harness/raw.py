"""A plain connection, and a strict reader of responses.

For requests that no library would send, and for responses that a library would tolerate."""

import socket
from dataclasses import dataclass, field

from harness.wait import PATIENCE_S


class ProtocolError(AssertionError):
    """The server broke HTTP/1.1."""


@dataclass
class RawResponse:
    version: str
    status: int
    reason: str
    fields: list = field(default_factory=list)  # (lower-case name, value) in the order they came
    body: bytes = b""

    def header(self, name: str) -> str | None:
        values = [value for known, value in self.fields if known == name.lower()]
        assert len(values) < 2, f"{name} occurs {len(values)} times: {values}"
        return values[0] if values else None

    def headers(self, name: str) -> list:
        return [value for known, value in self.fields if known == name.lower()]

    @property
    def text(self) -> str:
        return self.body.decode()


class RawClient:
    def __init__(self, host: str, port: int):
        self._socket = socket.create_connection((host, port), PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        """Closes with a reset, like a client that crashes."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    def local_port(self) -> int:
        return self._socket.getsockname()[1]

    def set_receive_buffer(self, size: int) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    # --- sending ---

    def send(self, data: bytes | str) -> "RawClient":
        self._socket.sendall(data.encode() if isinstance(data, str) else data)
        return self

    def try_send(self, data: bytes) -> bool:
        """Sends bytes that the server may refuse before it has read them all."""
        try:
            self._socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def finish_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def request(self, method: str, target: str, *lines: str, body: bytes = b"") -> "RawClient":
        """Sends an ordinary request; `lines` are further header lines."""
        head = [f"{method} {target} HTTP/1.1", "Host: localhost", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(head).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body)

    def get(self, target: str, *lines: str) -> RawResponse:
        return self.request("GET", target, *lines).response()

    # --- receiving ---

    def response(self, method: str = "GET") -> RawResponse:
        """Reads the next final response; `method` is that of the request it answers."""
        while True:
            response = self.head()
            if response.status >= 200:
                break
        response.body = self._body(response, method)
        return response

    def head(self) -> RawResponse:
        """Reads a status line and header, including those of a 1xx response."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        version, _, rest = lines[0].partition(" ")
        status, _, reason = rest.partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0") or len(status) != 3:
            raise ProtocolError(f"status line: {lines[0]!r}")
        response = RawResponse(version, int(status), reason)
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip() or "\r" in line or "\n" in line:
                raise ProtocolError(f"header line: {line!r}")
            response.fields.append((name.lower(), value.strip()))
        return response

    def _body(self, response: RawResponse, method: str) -> bytes:
        coding = response.header("transfer-encoding")
        length = response.header("content-length")
        if method == "HEAD" or response.status in (204, 304):
            return b""
        if coding is not None:
            if coding != "chunked" or length is not None:
                raise ProtocolError(f"Transfer-Encoding {coding}, Content-Length {length}")
            return self.chunks()
        if length is not None:
            return self.read_exactly(int(length))
        return self.read_to_end()

    def chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = int(self._until(b"\r\n")[:-2], 16)
            if size == 0:
                if self.read_exactly(2) != b"\r\n":
                    raise ProtocolError("trailers, or no end, after the last chunk")
                return bytes(body)
            body += self.read_exactly(size)
            if self.read_exactly(2) != b"\r\n":
                raise ProtocolError("a chunk without its end")

    def read_exactly(self, size: int) -> bytes:
        parts, have = [self._buffer[:size]], min(size, len(self._buffer))
        self._buffer = self._buffer[size:]
        while have < size:
            piece = self._receive(min(size - have, 1 << 20))
            if not piece:
                raise ProtocolError(f"closed {size - have} bytes before the end of the body")
            parts.append(piece)
            have += len(piece)
        return b"".join(parts)

    def read_to_end(self) -> bytes:
        """Reads until the server closes."""
        parts = [self._buffer]
        self._buffer = b""
        while piece := self._receive(1 << 20):
            parts.append(piece)
        return b"".join(parts)

    def expect_closed(self) -> None:
        """Expects that the server closes without sending anything more."""
        rest = self.read_to_end()
        assert rest == b"", f"bytes after the last response: {rest[:200]!r}"

    def has_nothing_to_read(self) -> bool:
        self._socket.setblocking(False)
        try:
            return not self._buffer and self._socket.recv(1, socket.MSG_PEEK) is None
        except BlockingIOError:
            return not self._buffer
        finally:
            self._socket.settimeout(PATIENCE_S)

    def _until(self, end: bytes) -> bytes:
        while (at := self._buffer.find(end)) < 0:
            piece = self._receive(65536)
            if not piece:
                raise ProtocolError(f"closed in the middle of a response: {self._buffer[:200]!r}")
            self._buffer += piece
        found = self._buffer[: at + len(end)]
        self._buffer = self._buffer[at + len(end) :]
        return found

    def _receive(self, size: int) -> bytes:
        try:
            return self._socket.recv(size)
        except ConnectionResetError:
            return b""
        except TimeoutError:
            raise AssertionError(f"no byte from the server for {PATIENCE_S:g} s") from None
