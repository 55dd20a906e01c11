"""Servers to which scripts connect, made of socketserver's handlers."""

import contextlib
import socketserver
import threading


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


@contextlib.contextmanager
def serving(handler: type):
    """Runs the handler for each connection, and yields the address: 127.0.0.1:port."""
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
