"""A server's answer to a probe in a comparable form, and the differences between two answers."""

import difflib
import itertools
import re
import socket
from collections import Counter
from dataclasses import dataclass

from differential.probe import MARKER, Probe
from harness.raw import ProtocolError, RawClient
from harness.wait import PATIENCE_S

# Fields of the server, not of PHP. The framing is compared as the decoded body, and
# Content-Length only where the reference sends one.
IGNORED_FIELDS = {"date", "server", "connection", "keep-alive", "transfer-encoding"}

# Values that must differ between two servers or two requests. Everything else is compared.
RULES = [
    (re.compile(rb"\{scratch\}/php[A-Za-z0-9]{6,20}"), b"{scratch}/{temp}"),  # uploads
    (re.compile(rb"\b(nginx|tusk)/[0-9][0-9.]*"), b"{software}"),  # SERVER_SOFTWARE
]


@dataclass
class Answer:
    status: str  # "200 OK"
    fields: Counter  # (name, value) → how many times
    body: bytes
    cut: bool = False  # the connection ended before the body did
    extra: bytes = b""  # came after the response: what the next one would begin with

    def map(self, change) -> "Answer":
        """Applies a function from bytes to bytes to the whole answer."""
        text = lambda value: change(value.encode("latin-1")).decode("latin-1")  # noqa: E731
        fields = Counter()
        for (name, value), count in self.fields.items():
            fields[(name, text(value))] += count
        return Answer(text(self.status), fields, change(self.body), self.cut, self.extra)

    def markers(self) -> set:
        everything = [self.body, self.status.encode("latin-1")]
        everything += [value.encode("latin-1") for _, value in self.fields]
        return {found for piece in everything for found in MARKER.findall(piece)}

    def without_markers(self) -> "Answer":
        return self.map(lambda data: MARKER.sub(b"{marker}", data))


class ProbeClient(RawClient):
    """Sends probes over one connection, and opens a new one when the server has closed it.
    `scratch` is the server's directory for temporary files."""

    def __init__(self, port: int, scratch):
        super().__init__("127.0.0.1", port)
        self._server = (port, scratch)

    def ask(self, probe: Probe, marker: str, decorate: bool = False) -> list:
        """Sends the probe's requests one after the other."""
        return [
            self._exchange(request.method, request.bytes(marker, decorate))
            for request in probe.requests
        ]

    def _exchange(self, method: str, data: bytes) -> Answer:
        try:
            return self._try_exchange(method, data)
        except BaseException:
            self._reconnect()
            raise

    def _reconnect(self) -> None:
        self.close()
        super().__init__("127.0.0.1", self._server[0])

    def _try_exchange(self, method: str, data: bytes) -> Answer:
        local = self.local_port()
        sent = self.try_send(data)
        response = self.head()
        while response.status < 200:
            response = self.head()
        cut, body = False, b""
        try:
            body = self._body(response, method)
        except ProtocolError:
            cut = True
        fields = Counter(
            (name, value) for name, value in response.fields if name not in IGNORED_FIELDS
        )
        extra = self._extra()
        if cut or extra or not sent or (response.header("connection") or "").lower() == "close":
            self._reconnect()
        answer = Answer(f"{response.status} {response.reason}", fields, body, cut, extra)
        return answer.map(lambda data: self._normalise(data, local))

    def _extra(self) -> bytes:
        """Returns bytes that have arrived already and belong to no response."""
        self._socket.setblocking(False)
        try:
            return self._buffer + self._socket.recv(1000, socket.MSG_PEEK)
        except (BlockingIOError, ConnectionResetError):
            return self._buffer
        finally:
            self._socket.settimeout(PATIENCE_S)

    def _normalise(self, data: bytes, local_port: int) -> bytes:
        port, scratch = self._server
        data = data.replace(str(scratch).encode(), b"{scratch}")
        data = re.sub(rb"(?<!\d)%d(?!\d)" % port, b"{port}", data)
        data = re.sub(rb"(?<!\d)%d(?!\d)" % local_port, b"{client-port}", data)
        for pattern, replacement in RULES:
            data = pattern.sub(replacement, data)
        return data


def _show(theirs, ours) -> str:
    """Shows both texts whole if they are short, otherwise the lines in which they differ."""
    if isinstance(theirs, bytes) and len(theirs) + len(ours) > 300:
        pair = [repr(body)[2:-1].replace("\\n", "\n").split("\n") for body in (theirs, ours)]
        lines = difflib.unified_diff(*pair, "reference", "tusk", n=0, lineterm="")
        return "\n".join(f"  {line[:500]}" for line in itertools.islice(lines, 60))
    return f"  reference: {theirs!r}\n  tusk:      {ours!r}"


def differences(reference: list, answers: list) -> dict:
    """Returns the parts in which the answers differ, each with an excerpt: "status", "body",
    "cut", "extra" or the name of a header field. All requests of a probe count together. The
    reason phrase of a status is compared only if the reference sends one; FPM knows few."""
    found = {}
    for number, (theirs, ours) in enumerate(zip(reference, answers, strict=True), 1):
        where = f" (request {number})" if len(reference) > 1 else ""

        def note(part: str, theirs, ours, where=where) -> None:
            text = f"{part}{where}\n{_show(theirs, ours)}"
            found[part] = f"{found[part]}\n{text}" if part in found else text

        if theirs.status != (ours.status if theirs.status[4:] else ours.status[:4]):
            note("status", theirs.status, ours.status)
        if theirs.cut != ours.cut:
            note("cut", theirs.cut, ours.cut)
        elif theirs.body != ours.body:
            note("body", theirs.body, ours.body)
        if theirs.extra != ours.extra:
            note("extra", theirs.extra, ours.extra)
        names = {name for name, _ in theirs.fields | ours.fields}
        if not any(name == "content-length" for name, _ in theirs.fields):
            names.discard("content-length")
        for name in sorted(names):
            values = [
                sorted(v for n, v in answer.fields.elements() if n == name)
                for answer in (theirs, ours)
            ]
            if values[0] != values[1]:
                note(name, *values)
    return found
