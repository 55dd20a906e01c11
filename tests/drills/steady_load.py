"""Clients that come at a steady rate and check every answer, while server processes crash or are
replaced. Each request is recorded with its begin, its end and what became of it.

One thread runs all clients (asyncio), so hundreds of connections cost little."""

import asyncio
import contextlib
import random
import threading
import time
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from harness.wait import PATIENCE_S

# What a slow transfer takes, in pieces.
SLOW_S = 2.0
PIECES = 20
BIG_BYTES = 8 << 20
# How often an HTTP/2 connection without responses looks whether the load has ended.
LOOK_S = 0.2


@dataclass
class Attempt:
    kind: str
    begun: float
    ended: float = 0.0
    failure: str = ""  # empty: answered, completely and rightly
    connected: float = 0.0  # when its connection was opened; 0: with the request

    def on_connection_since(self) -> float:
        return self.connected or self.begun


class SteadyLoad:
    """`kept`, `fresh` and `http2` are numbers of connections; `slow` is the number of uploads,
    downloads and event streams each that are under way all the time. A connection makes a request
    about every `pause` seconds."""

    def __init__(self, port, kept=0, fresh=0, http2=0, streams=4, slow=0, pause=0.1):
        self.attempts = []
        self.unannounced = 0  # kept connections that were closed while no request was under way
        self._port = port
        self._pause = pause
        self._ending = False
        self._clients = [self._keep] * kept + [self._renew] * fresh
        self._clients += [self._upload, self._download, self._events] * slow
        self._http2, self._streams = http2, streams
        self._number = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self) -> list:
        """Ends when every request that has been begun has an end."""
        self._ending = True
        self._thread.join()
        return self.attempts

    def failures(self) -> list:
        return [attempt for attempt in self.attempts if attempt.failure]

    async def _run(self):
        tasks = [asyncio.create_task(self._repeat(client)) for client in self._clients]
        tasks += [asyncio.create_task(self._speak_http2()) for _ in range(self._http2)]
        await asyncio.gather(*tasks)

    async def _repeat(self, client):
        await asyncio.sleep(random.random() * self._pause)
        state = {}
        while not self._ending:
            await client(state)
        if "writer" in state:
            state["writer"].close()

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    @contextlib.asynccontextmanager
    async def _attempt(self, kind):
        attempt = Attempt(kind, time.monotonic())
        try:
            async with asyncio.timeout(PATIENCE_S + SLOW_S):
                yield attempt
        except (OSError, AssertionError, EOFError, TimeoutError, ValueError) as error:
            attempt.failure = f"{type(error).__name__}: {error}"
        attempt.ended = time.monotonic()
        self.attempts.append(attempt)

    # --- HTTP/1 ---

    async def _rest(self):
        await asyncio.sleep(self._pause * (0.5 + random.random()))

    async def _keep(self, state):
        await self._rest()
        if "writer" in state and state["reader"].at_eof():
            self.unannounced += 1
            self._forget(state)
        async with self._attempt("kept") as attempt:
            if "writer" not in state:
                state["reader"], state["writer"] = await self._connect()
                state["connected"] = time.monotonic()
            attempt.connected = min(state["connected"], attempt.begun)
            closes = await self._ask(state["reader"], state["writer"])
            if closes:
                self._forget(state)
        if attempt.failure:
            self._forget(state)

    async def _renew(self, _):
        await self._rest()
        async with self._attempt("fresh"):
            reader, writer = await self._connect()
            try:
                await self._ask(reader, writer, "Connection: close\r\n")
            finally:
                writer.close()

    async def _connect(self):
        return await asyncio.open_connection("127.0.0.1", self._port)

    @staticmethod
    def _forget(state):
        if "writer" in state:
            state["writer"].close()
        state.clear()

    async def _ask(self, reader, writer, fields="") -> bool:
        """One request; returns whether the connection ends with it."""
        name = self._next()
        writer.write(f"GET /work.php?n={name} HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
        head = await self._head(reader)
        assert await self._body(reader, head) == f"GET {name} 0".encode()
        return head.get("connection") == "close"

    @staticmethod
    async def _head(reader) -> dict:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        assert lines[0].split()[1] == "200", lines[0]
        return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    @staticmethod
    async def _body(reader, head) -> bytes:
        if "content-length" in head:
            return await reader.readexactly(int(head["content-length"]))
        assert head.get("transfer-encoding") == "chunked"
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return body

    async def _upload(self, _):
        async with self._attempt("upload"):
            reader, writer = await self._connect()
            try:
                name, piece = self._next(), b"x" * 5000
                writer.write(
                    f"POST /work.php?n={name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    f"Content-Length: {PIECES * len(piece)}\r\n\r\n".encode()
                )
                for _ in range(PIECES):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(SLOW_S / PIECES)
                head = await self._head(reader)
                body = await self._body(reader, head)
                assert body == f"POST {name} {PIECES * len(piece)}".encode(), body
            finally:
                writer.close()

    async def _download(self, _):
        async with self._attempt("download"):
            reader, writer = await self._connect()
            try:
                writer.write(b"GET /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                head = await self._head(reader)
                assert int(head["content-length"]) == BIG_BYTES
                for _ in range(PIECES):
                    await reader.readexactly(BIG_BYTES // PIECES)
                    await asyncio.sleep(SLOW_S / PIECES)
                await reader.readexactly(BIG_BYTES % PIECES)
            finally:
                writer.close()

    async def _events(self, _):
        async with self._attempt("events"):
            reader, writer = await self._connect()
            try:
                writer.write(
                    b"GET /events.php HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
                    b"Connection: close\r\n\r\n"
                )
                body = await self._body(reader, await self._head(reader))
                expected = b"".join(b"data: %d\n\n" % n for n in range(PIECES))
                assert body == expected, body
            finally:
                writer.close()

    # --- HTTP/2 ---

    async def _speak_http2(self):
        while not self._ending:
            await asyncio.sleep(random.random() * self._pause)
            await Http2Connection(self, self._port, self._streams).run()


class Http2Connection:
    """One connection with several requests at a time, until GOAWAY, the end, or the load's end. As
    RFC 9113 section 6.8 says, a request above GOAWAY's last stream was not handled: it is not
    counted."""

    def __init__(self, load: SteadyLoad, port: int, streams: int):
        self._load = load
        self._port = port
        self._most = streams
        self._open = {}  # stream → (attempt, expected, received)
        self._announced = False
        self._connected = time.monotonic()

    async def run(self):
        first = Attempt("http2", time.monotonic())
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        except (OSError, TimeoutError) as error:
            first.failure, first.ended = repr(error), time.monotonic()
            self._load.attempts.append(first)
            return
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self._machine = h2.connection.H2Connection(config)
        self._machine.initiate_connection()
        self._flush()
        asker = asyncio.create_task(self._ask())
        try:
            await self._receive(reader)
            how = "closed"
        except (OSError, TimeoutError, h2.exceptions.ProtocolError) as error:
            how = repr(error)
        asker.cancel()
        if not self._open and not self._announced and not self._load._ending:
            self._load.unannounced += 1
        for attempt, _, _ in self._open.values():
            self._end(attempt, how)
        self._writer.close()

    def _attempt(self) -> Attempt:
        return Attempt("http2", time.monotonic(), connected=self._connected)

    def _flush(self):
        self._writer.write(self._machine.data_to_send())

    def _end(self, attempt, failure=""):
        attempt.ended, attempt.failure = time.monotonic(), failure
        self._load.attempts.append(attempt)

    async def _ask(self):
        while not self._announced and not self._load._ending:
            if len(self._open) < self._most:
                name = self._load._next()
                stream = self._machine.get_next_available_stream_id()
                self._open[stream] = [self._attempt(), f"GET {name} 0", b""]
                self._machine.send_headers(
                    stream,
                    [(":method", "GET"), (":scheme", "http"), (":authority", "x"),
                     (":path", f"/work.php?n={name}")],
                    end_stream=True,
                )  # fmt: skip
                self._flush()
            await asyncio.sleep(self._load._pause / self._most * (0.5 + random.random()))

    async def _receive(self, reader):
        rest, quiet = b"", 0.0
        while self._open or not (self._announced or self._load._ending):
            try:
                async with asyncio.timeout(LOOK_S):
                    data = await reader.read(65536)
            except TimeoutError:
                # The load may have ended while nothing was under way.
                quiet += LOOK_S
                if self._open and quiet >= PATIENCE_S:
                    raise
                continue
            quiet = 0.0
            if not data:
                return
            rest += data
            # One frame at a time: after GOAWAY the state machine would refuse what follows.
            while len(rest) >= 9 and len(rest) >= (size := 9 + int.from_bytes(rest[:3], "big")):
                for event in self._machine.receive_data(rest[:size]):
                    self._take(event)
                rest = rest[size:]
            self._flush()

    def _take(self, event):
        if isinstance(event, h2.events.ConnectionTerminated):
            self._announced = True
            self._machine.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
            for stream in [each for each in self._open if each > event.last_stream_id]:
                del self._open[stream]
            if event.error_code != 0:
                self._load.attempts.append(
                    Attempt("http2", time.monotonic(), time.monotonic(), f"GOAWAY {event}")
                )
        entry = self._open.get(getattr(event, "stream_id", None))
        if entry is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            if dict(event.headers)[":status"] != "200":
                self._end(entry[0], f"status {dict(event.headers)[':status']}")
                del self._open[event.stream_id]
        elif isinstance(event, h2.events.DataReceived):
            entry[2] += event.data
            if event.flow_controlled_length:
                self._machine.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id
                )
        elif isinstance(event, h2.events.StreamEnded):
            right = entry[2].decode() == entry[1]
            self._end(entry[0], "" if right else f"got {entry[2]!r} for {entry[1]!r}")
            del self._open[event.stream_id]
        elif isinstance(event, h2.events.StreamReset):
            self._end(entry[0], f"reset {event.error_code}")
            del self._open[event.stream_id]
