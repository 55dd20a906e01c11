"""A document root of generated PHP code, and clients that check every byte of the answers.

Each script uses everything that OPcache keeps in its shared memory: classes with inheritance,
traits, enums, closures, static variables, constants, immutable arrays, interned strings, regular
expressions. Its answer depends only on the script's number, the edition of its source, and ?v=,
so the answer reveals code or data of another script, another edition or a freed cache."""

import itertools
import os
import threading
from pathlib import Path

from harness.raw import ProtocolError, RawClient

_MODIFIED_S = 1_700_000_000

_LIBRARY = r"""<?php
namespace App@N@;

interface Named { const TAG = 'tag-@N@'; public function name(): string; }

trait Counting
{
    private static int $count = @N@;
    public static function next(): int { return ++self::$count; }
}

abstract class Shape implements Named
{
    use Counting;
    public function __construct(protected readonly string $value) {}
    public function name(): string
    {
        static $calls = 0;
        ++$calls;
        return static::class . '/' . self::TAG . '/' . $calls;
    }
}

final class Circle@N@ extends Shape
{
    const SIZES = ['small' => @N@, 'large' => @N@ + 1000, 'deep' => ['er' => 'deep-@N@']];
    const PADDING = '@PADDING@';
    public function describe(): string { return $this->value . ':' . self::SIZES['deep']['er']; }
}

enum Suit@N@: string
{
    case Hearts = 'hearts-@N@';
    case Spades = 'spades-@N@';
    public function label(): string { return ucfirst($this->value); }
}

function twice(int $x): int { return 2 * $x + @N@; }
"""

_SCRIPT = r"""<?php
namespace App@N@;

require_once __DIR__ . '/lib/@N@.php';

const LIMIT = @N@ * 7;

function counter(): int { static $c = @N@; return ++$c; }

$make = function (int $by) { return fn(int $x): int => $x * $by + @N@; };
$shape = new Circle@N@($_GET['v']);
preg_match('/number (\d+) of @N@/', "the interned number @N@ of @N@", $found);
$shape->name();
counter();
echo implode('|', [
    'edition @EDITION@', LIMIT, counter(), $make(3)(5), $shape->name(), $shape->describe(),
    Circle@N@::next(), Circle@N@::SIZES['large'], Suit@N@::from('spades-@N@')->label(),
    twice(21), $found[1], strlen(Circle@N@::PADDING), __NAMESPACE__,
]), "\n";
"""


def age(path, by: int = 0) -> None:
    """Makes a file old, because OPcache does not cache a file that has just been written
    (opcache.file_update_protection)."""
    os.utime(path, (_MODIFIED_S + by, _MODIFIED_S + by))


class CodeSite:
    def __init__(self, root: Path, scripts: int = 40, padding_bytes: int = 100):
        self.root = root
        self.scripts = scripts
        self.padding_bytes = padding_bytes
        (root / "lib").mkdir(parents=True, exist_ok=True)
        for n in range(scripts):
            self._replace(root / "lib" / f"{n}.php", _LIBRARY, n, edition=0)
            self.write(n, edition=0)

    def write(self, n: int, edition: int) -> None:
        """Writes a new edition of a script and puts it in place as a deployment does."""
        self._replace(self.root / f"s{n}.php", _SCRIPT, n, edition)

    def _replace(self, path: Path, template: str, n: int, edition: int) -> None:
        text = template.replace("@N@", str(n)).replace("@EDITION@", str(edition))
        text = text.replace("@PADDING@", "abcdefghij"[n % 10] * self.padding_bytes)
        new = path.with_suffix(".new")
        new.write_text(text)
        age(new, by=edition)
        new.rename(path)

    def expected(self, n: int, v: str, edition: int = 0) -> str:
        name = f"App{n}"
        fields = [f"edition {edition}", n * 7, n + 2, 15 + n, f"{name}\\Circle{n}/tag-{n}/2"]
        fields += [f"{v}:deep-{n}", n + 1, n + 1000, f"Spades-{n}", 42 + n, n]
        return "|".join(map(str, [*fields, self.padding_bytes, name])) + "\n"

    def check(self, connection: RawClient, n: int, v: str) -> None:
        response = connection.get(f"/s{n}.php?v={v}")
        expected = self.expected(n, v)
        if (response.status, response.text) != (200, expected):
            raise AssertionError(f"s{n}.php?v={v}: {response.status} {response.text[:2000]!r}")


class Crowd:
    """Clients that make requests without a pause, each on its own connection, until the block
    ends. Failures are collected in `failures`; the end of the block fails if there are any."""

    def __init__(self, port: int, ask, clients: int = 4):
        """`ask(connection, client, sequence)` makes one request and checks its answer."""
        self._port = port
        self._ask = ask
        self._stop = threading.Event()
        self._counts = [0] * clients
        self.failures = []
        self._threads = [
            threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(clients)
        ]

    def answered(self) -> int:
        return sum(self._counts)

    def check(self) -> bool:
        """Returns True, but fails as soon as a client has failed. For conditions of wait_for()."""
        assert not self.failures, "\n".join(self.failures[:5])
        return True

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if kind is None:
            self.check()

    def _client(self, client: int) -> None:
        try:
            with RawClient("127.0.0.1", self._port) as connection:
                for sequence in itertools.count():
                    if self._stop.is_set():
                        return
                    self._ask(connection, client, sequence)
                    self._counts[client] += 1
        except (AssertionError, OSError, ProtocolError) as error:
            self.failures.append(f"client {client}, request {sequence}: {error!r}")
            self._stop.set()


def soak_seconds() -> float:
    return float(os.environ.get("TUSK_SOAK_SECONDS", "60"))
