"""A flood of ClientHellos from one process: `handshake_flood.py PORT MODE COUNT RATE FROM`.

Modes: "leave" closes each connection at once, "linger" after 400 more, "stay" keeps 8,000
of them. Ends after COUNT connections, of which it begins RATE in a second if it can. Says when it
begins, and how long it took."""

import collections
import contextlib
import resource
import socket
import ssl
import sys
import time

KEPT = {"leave": 0, "linger": 400, "stay": 8000}


def client_hello() -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def main(port: int, mode: str, count: int, rate: int, source: str) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    hello, kept = client_hello(), collections.deque()
    print("begins", flush=True)
    began = time.monotonic()
    for number in range(count):
        while time.monotonic() - began < number / rate:
            time.sleep(0.0005)
        one = socket.socket()
        one.bind((source, 0))
        one.setblocking(False)
        # If the backlog is full, neither finishes at once; the kernel keeps trying.
        with contextlib.suppress(OSError):
            one.connect(("127.0.0.1", port))
        with contextlib.suppress(OSError):
            one.send(hello)
        kept.append(one)
        if len(kept) > KEPT[mode]:
            kept.popleft().close()
    print(f"{count / (time.monotonic() - began):.0f} a second", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
