"""The scenarios: what is requested, and what the response must be."""

from dataclasses import dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    file: str  # in bench/scripts
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    # 0, or the number of files that take turns; `file` is one of them.
    many: int = 0
    # If more than 0: over HTTP/2, with this many concurrent requests on each connection.
    streams: int = 0
    tls: bool = False
    # A file with a Cookie header in each line, which the requests send in turns.
    cookies: Path | None = None
    # Peers for which the scenario is possible and meaningful.
    peers: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"/{self.file}"

    @property
    def coding(self) -> str | None:
        """The content coding that the response must have."""
        return self.headers.get("Accept-Encoding")

    @property
    def is_script(self) -> bool:
        return self.file.endswith(".php")


_HELLO = b"Hello World!"
_PAGE = (SCRIPTS / "page.html").read_bytes()
MEGABYTE = bytes(range(256)) * 4096
MANY_FILES = 10_000


def many_body(number: int) -> bytes:
    return f"{number:08d}".encode() * 128


SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("hello", 'hello: <?php echo "Hello World!"; on kept connections', "hello.php", _HELLO,
             peers=("tusk-stub", "tusk-ext", "tusk-processes", "tusk-php", "nginx-fpm", "nginx-fpm-kept", "libphp")),
    Scenario("debian", "debian: the same with Debian's PHP", "hello.php", _HELLO,
             peers=("tusk-debian", "nginx-fpm-debian")),
    Scenario("resident", "resident: the same from a script that boots once", "resident.php", _HELLO,
             peers=("tusk-ext", "tusk-resident", "frankenphp")),
    Scenario("h2", "h2: the same script over HTTP/2 (h2c), 32 streams a connection", "hello.php",
             _HELLO, streams=32,
             peers=("tusk-stub", "tusk-ext", "nginx-fpm", "nginx-fpm-kept")),
    Scenario("close", "close: the same script, a new connection for each request", "hello.php",
             _HELLO, headers={"Connection": "close"},
             peers=("tusk-stub", "tusk-ext", "tusk-php", "nginx-fpm", "nginx-fpm-kept")),
    Scenario("static", "static: a file of 1 kB on kept connections", "kilobyte.txt",
             (SCRIPTS / "kilobyte.txt").read_bytes(),
             peers=("tusk-ext", "nginx-files")),
    Scenario("megabyte", "megabyte: a file of 1 MB on kept connections", "megabyte.bin", MEGABYTE,
             peers=("tusk-ext", "nginx-files")),
    Scenario("many", f"many: {MANY_FILES:,} files of 1 kB in turns, on kept connections",
             "many/12/34.txt", many_body(1234), many=MANY_FILES,
             peers=("tusk-ext", "nginx-files")),
    Scenario("tls", 'tls: <?php echo "Hello World!"; on kept connections over TLS', "hello.php",
             _HELLO, tls=True, peers=("tusk-stub", "tusk-ext", "nginx-fpm", "nginx-fpm-kept")),
    Scenario("handshakes", "handshakes: a file of 1 kB, a new TLS connection for each request",
             "kilobyte.txt", (SCRIPTS / "kilobyte.txt").read_bytes(),
             headers={"Connection": "close"}, tls=True, peers=("tusk-ext", "nginx-fpm")),
    Scenario("echoes", "echoes: a page of 50 kB that a script prints in 2,000 pieces", "echoes.php",
             b"a piece of 25 bytes, full" * 2000,
             peers=("tusk-ext", "tusk-php", "nginx-fpm", "nginx-fpm-kept", "libphp")),
    Scenario("page", "page: 50 kB of HTML from a script, as it is", "page.php", _PAGE,
             peers=("tusk-ext", "nginx-fpm")),
    Scenario("page-br", "page-br: the same, compressed by brotli for each request", "page.php",
             _PAGE, headers={"Accept-Encoding": "br"}, peers=("tusk-ext",)),
    Scenario("page-zstd", "page-zstd: the same by zstd", "page.php",
             _PAGE, headers={"Accept-Encoding": "zstd"}, peers=("tusk-ext",)),
    Scenario("page-gzip", "page-gzip: the same by gzip", "page.php",
             _PAGE, headers={"Accept-Encoding": "gzip"}, peers=("tusk-ext", "nginx-fpm")),
    Scenario("file-br", "file-br: a file of 50 kB, compressed by brotli once", "page.html",
             _PAGE, headers={"Accept-Encoding": "br"}, peers=("tusk-ext",)),
)}
