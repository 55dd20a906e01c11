"""The fenced blocks of a page, and what their marks say.

A mark is an HTML comment in the line before a block, which no reader sees:

    <!-- no-test: needs systemd -->        the block is not run, for this reason
    <!-- file: /etc/tusk/tusk.toml -->     the block is the content of this file
"""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"(?:^[ ]*<!-- (?P<mark>no-test|file): (?P<value>[^>]*?) -->\n(?:[ ]*\n)?)?"
    r"^(?P<indent>[ ]*)```(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.M | re.S,
)


@dataclass
class Block:
    page: str
    line: int
    language: str
    text: str
    reason: str  # why it is not run; empty if it is
    file: str  # the file whose content it is, if it says so

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path, name: str) -> list:
    source = page.read_text()
    found = []
    for fence in _FENCE.finditer(source):
        indent = fence["indent"]
        text = "".join(line.removeprefix(indent) for line in fence["text"].splitlines(True))
        start = fence.start("indent")
        found.append(
            Block(
                page=name,
                line=source.count("\n", 0, start) + 1,
                language=fence["language"].strip(),
                text=text,
                reason=fence["value"] if fence["mark"] == "no-test" else "",
                file=fence["value"] if fence["mark"] == "file" else "",
            )
        )
    return found
