"""Four real applications below one document root, and the pages that innocent visitors request
while others do harm. Each answer is compared with the first one."""

import re
from pathlib import Path

from applications import packages
from applications.dokuwiki_test import assemble as assemble_dokuwiki
from applications.laravel_test import assemble as assemble_laravel
from applications.mediawiki_test import install as install_mediawiki
from harness.raw import RawClient
from harness.server import REPOSITORY

# Parts that the application itself changes from one answer to the next: session tokens and times.
# Every other byte is compared.
_OWN_WILL = re.compile(
    rb'(?<=name="sectok" value=")[^"]*|(?<=name="_token" value=")[^"]*'
    rb"|(?<=taskrunner\.php\?id=)[^\"]*"
    rb'|"timestamp":"[^"]*"|(?<="wgRequestId":")[^"]*'
)


class Applications:
    """The applications, assembled in `root`. `include_path` is what the server's PHP needs to
    find their libraries."""

    def __init__(self, root: Path):
        self.root = root
        self.pages = [
            "/dokuwiki/doku.php?id=wiki:syntax",
            "/dokuwiki/doku.php?id=wiki:welcome",
            "/mediawiki/rest.php/v1/page/Main_Page",
            "/mediawiki/load.php?lang=en&skin=vector-2022&modules=startup&only=scripts&raw=1",
            "/symfony/public/index.php/",
            "/laravel/public/index.php",
        ]
        _, dokuwiki = assemble_dokuwiki(root / "dokuwiki")
        self._mediawiki()
        symfony = self._symfony()
        assemble_laravel(root).artisan("migrate", "--force")
        (root / "project").rename(root / "laravel")
        self.include_path = f".:{symfony}/usr/share/php:{dokuwiki}/usr/share/php"

    def _mediawiki(self) -> None:
        tree = packages.unpacked("mediawiki") / "usr/share/mediawiki"
        root, data = self.root / "mediawiki", self.root / "mediawiki/data"
        packages.copy(tree, root)
        packages.copy(tree / "extensions-core", root / "extensions")
        for writable in (root / "images", root / "cache", data):
            writable.mkdir(exist_ok=True)
        install_mediawiki(root, data)
        with open(root / "LocalSettings.php", "a", encoding="utf-8") as settings:
            settings.write('$wgScriptPath = "/mediawiki";\n$wgArticlePath = "$wgScript/$1";\n')

    def _symfony(self) -> Path:
        project = self.root / "symfony"
        packages.copy(REPOSITORY / "tests/applications/symfony", project)
        (project / "var/pictures").mkdir(parents=True)
        return packages.unpacked("symfony")


class Pages:
    """The pages as they were at first; each later answer is compared with them."""

    def __init__(self, port: int, pages: list):
        self._pages = pages
        with RawClient("127.0.0.1", port) as connection:
            for page in pages:  # caches become warm
                self._ask(connection, page)
            self._right = {page: self._ask(connection, page) for page in pages}

    def check(self, connection: RawClient, number: int) -> None:
        page = self._pages[number % len(self._pages)]
        answer = self._ask(connection, page)
        if answer != self._right[page]:
            raise AssertionError(f"{page}: {_first_difference(answer, self._right[page])}")

    @staticmethod
    def _ask(connection: RawClient, page: str) -> bytes:
        response = connection.get(page)
        if response.status != 200:
            raise AssertionError(f"{page}: {response.status} {response.text[:300]!r}")
        return _OWN_WILL.sub(b"-", response.body)


def _first_difference(got: bytes, right: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(got, right)) if a != b), min(len(got), len(right)))
    return f"at {at}: {got[at - 40 : at + 80]!r} and not {right[at - 40 : at + 80]!r}"
