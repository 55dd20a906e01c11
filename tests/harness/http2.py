"""A client of HTTP/2 with prior knowledge that can follow the protocol or break it.

python3-h2 is the state machine; frames that it would refuse to send are sent raw."""

import socket
import struct
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import hpack

from harness.wait import PATIENCE_S, wait_for

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 2, 8, 11


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Builds one frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def number(value: int) -> bytes:
    """Encodes a number as in windows, error codes and stream numbers."""
    return struct.pack(">I", value)


def literal(name: str, value: str, indexed: bool = False) -> bytes:
    """Encodes a field of a header block, without Huffman code; `indexed` adds it to the dynamic
    table."""

    def text(of: str) -> bytes:
        raw, length = of.encode(), len(of.encode())
        if length < 127:
            return bytes([length]) + raw
        out, length = b"\x7f", length - 127
        while length >= 128:
            out, length = out + bytes([128 + length % 128]), length // 128
        return out + bytes([length]) + raw

    return (b"\x40" if indexed else b"\0") + text(name) + text(value)


def block(path: str = "/hello.php", method: str = "GET", *fields: tuple) -> bytes:
    """The header block of a request."""
    pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
    return b"".join(literal(*pair) for pair in [*pseudo, *fields])


@dataclass
class Stream:
    status: int | None = None
    fields: list = field(default_factory=list)
    interim: list = field(default_factory=list)  # (status, fields)
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None  # the code

    def header(self, name: str) -> str | None:
        values = [value for known, value in self.fields if known == name]
        assert len(values) < 2, f"{name} occurs {len(values)} times"
        return values[0] if values else None

    @property
    def text(self) -> str:
        return self.body.decode()


class Http2Client:
    """With `reads_bodies=False` it opens no window again, like a client that does not read."""

    def __init__(self, port: int, settings: dict | None = None, reads_bodies: bool = True):
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        config.validate_outbound_headers = config.normalize_outbound_headers = False
        self.connection = h2.connection.H2Connection(config)
        if settings:
            self.connection.local_settings.update(settings)
        self.connection.initiate_connection()
        self.streams = {}
        self.pings = 0
        self.goaways = []  # (code, last stream)
        self._received = b""
        self.closed = False
        self._reads_bodies = reads_bodies
        self.flush()

    def __enter__(self) -> "Http2Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    # --- sending ---

    def flush(self) -> None:
        self.send_raw(self.connection.data_to_send())

    def send_raw(self, data: bytes) -> bool:
        """Returns False if the server has closed."""
        try:
            self._socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True
            return False

    def request(
        self, path: str = "/hello.php", *fields: tuple, method: str = "GET", body: bytes | None = None,
        end: bool = True,
    ) -> int:
        """Begins a request and returns its stream's number. With `end=False` its body follows."""
        stream = self.connection.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        self.streams[stream] = Stream()
        self.connection.send_headers(stream, head + list(fields), end_stream=end and body is None)
        self.flush()
        if body is not None:
            self.send_body(stream, body, end)
        return stream

    def send_body(self, stream: int, body: bytes, end: bool = True) -> None:
        """Sends at the pace of the server's windows."""
        while body:
            room = min(
                self.connection.local_flow_control_window(stream),
                self.connection.max_outbound_frame_size,
                len(body),
            )
            if room == 0:
                assert self.receive(), "the server has closed in the middle of a body"
                continue
            self.connection.send_data(stream, body[:room], end_stream=end and room == len(body))
            self.flush()
            body = body[room:]

    # --- receiving ---

    def receive(self, seconds: float = PATIENCE_S) -> bool:
        """Handles what arrives next. Returns False if the server has closed."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            return False
        # One frame at a time: after GOAWAY the state machine would refuse the frames that follow.
        self._received += data
        while len(self._received) >= 9:
            size = 9 + int.from_bytes(self._received[:3], "big")
            if len(self._received) < size:
                break
            for event in self.connection.receive_data(self._received[:size]):
                self._take(event)
            self._received = self._received[size:]
        self.flush()
        return True

    def _take(self, event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.error_code, event.last_stream_id))
            # The state machine would refuse to go on; the server may still answer requests that it
            # has accepted.
            machine = self.connection.state_machine
            machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        if isinstance(event, h2.events.PingAckReceived):
            self.pings += 1
        stream = self.streams.get(getattr(event, "stream_id", None))
        if stream is None:
            return
        if isinstance(event, h2.events.InformationalResponseReceived):
            stream.interim.append((int(dict(event.headers)[":status"]), event.headers[1:]))
        elif isinstance(event, h2.events.ResponseReceived):
            stream.status = int(dict(event.headers)[":status"])
            stream.fields = event.headers[1:]
        elif isinstance(event, h2.events.DataReceived):
            stream.body += event.data
            if self._reads_bodies and event.flow_controlled_length:
                self.connection.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id
                )
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = int(event.error_code)

    def wait(self, condition, what: str) -> None:
        """Receives until the condition holds."""
        while not condition():
            assert not self.closed, f"the server closed, waited for {what}; {self.goaways}"
            self.receive()

    def response(self, stream: int) -> Stream:
        """Receives until the stream has ended or has been reset."""
        its = self.streams[stream]
        self.wait(lambda: its.ended or its.reset is not None, f"the end of stream {stream}")
        return its

    def get(self, path: str = "/hello.php", *fields: tuple, **options) -> Stream:
        return self.response(self.request(path, *fields, **options))

    def read_to_end(self) -> None:
        """Receives until the server closes."""
        while self.receive():
            pass

    def ping(self) -> None:
        """Makes a round trip: the server has then handled everything that was sent before."""
        count = self.pings
        self.connection.ping(b"12345678")
        self.flush()
        self.wait(lambda: self.pings > count, "an answer to PING")


class RudeClient:
    """Sends raw frames only. Reads to learn what the server sends, or does not read at all."""

    def __init__(self, port: int, settings: bytes = b""):
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._decoder = hpack.Decoder()
        self._answers = {}  # stream → [status, code of RST_STREAM]
        self._goaway = None
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings) + frame(SETTINGS, ACK, 0))

    def __enter__(self) -> "RudeClient":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    def set_receive_buffer(self, size: int) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def send(self, data: bytes) -> bool:
        """Returns False if the server has closed, or accepts no more."""
        try:
            self._socket.settimeout(PATIENCE_S)
            self._socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def drain(self) -> bool:
        """Reads what has already arrived. Returns False if the server has closed."""
        self._socket.setblocking(False)
        try:
            while data := self._socket.recv(1 << 18):
                self._received += data
            return False
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False

    def receive_some(self, most: int) -> None:
        """Waits for bytes, and reads at most this many."""
        self._socket.settimeout(PATIENCE_S)
        data = self._socket.recv(most)
        assert data, "the server has closed"
        self._received += data

    def frames(self) -> list:
        """Returns the frames (kind, flags, stream, payload) that were read and not yet returned."""
        found = []
        while len(self._received) >= 9:
            length = int.from_bytes(self._received[:3], "big")
            if len(self._received) < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", self._received[3:9])
            found.append((kind, flags, stream, self._received[9 : 9 + length]))
            self._received = self._received[9 + length :]
        return found

    def wait_for_goaway(self) -> int:
        """Returns the error code with which the server ends the connection."""
        wait_for(lambda: not self._take_frames() or self._goaway is not None, "GOAWAY")
        assert self._goaway is not None, "the server closed without GOAWAY"
        return self._goaway

    def wait_for_answer(self, stream: int) -> tuple:
        """Waits for a status or a RST_STREAM of the stream. Returns the status and the error
        code; the missing one is None."""
        answer = self._answers.setdefault(stream, [None, None])
        wait_for(lambda: not self._take_frames() or any(v is not None for v in answer), "an answer")
        return tuple(answer)

    def answered_resets(self, count: int) -> bool:
        """Waits for this many RST_STREAM in total. Returns False if the server has closed."""

        def there():
            return not self._take_frames() or self._goaway is not None or self._resets() >= count

        wait_for(there, f"{count} RST_STREAM")
        return self._goaway is None and self._resets() >= count

    def _resets(self) -> int:
        return sum(reset is not None for _, reset in self._answers.values())

    def _take_frames(self) -> bool:
        is_open = self.drain()
        for kind, _, stream, payload in self.frames():
            if kind == GOAWAY:
                self._goaway = int.from_bytes(payload[4:8], "big")
            elif kind == RST_STREAM:
                self._answers.setdefault(stream, [None, None])[1] = int.from_bytes(payload, "big")
            elif kind == HEADERS:
                status = int(dict(self._decoder.decode(payload))[":status"])
                self._answers.setdefault(stream, [None, None])[0] = status
        return is_open
