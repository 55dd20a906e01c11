#!/usr/bin/env python3
"""Divides source files into groups that a compiler can take as one file, for a build from nothing
that does not take long: what most files cost is their headers, which are read once for a group.

usage: tools/setup/unity_groups.py MOST_BYTES FILE...
Prints a line for each group of at least two files: its files, separated by semicolons.

Two files can be in one group if no name that one of them defines for itself, in an unnamed
namespace or by a macro, occurs in the other. Whoever adds such a name needs to do nothing: the
groups are made anew when CMake configures."""

import re
import sys
from pathlib import Path

# Not code.
SKIPPED = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
WORD = re.compile(r"[A-Za-z_]\w*")
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
# Not names.
KEYWORDS = set(
    "alignas auto bool char class const constexpr constinit decltype double enum explicit extern"
    " false float if inline int long mutable namespace noexcept nullptr operator private public"
    " requires return short signed sizeof static struct template thread_local true typename union"
    " unsigned using void volatile"
    " TEST TEST_F TEST_P INSTANTIATE_TEST_SUITE_P".split()
)
# The meaning of such a file may depend on what is included before.
ALONE = re.compile(r"__asm__|^\s*#\s*(?:undef|pragma)", re.M)


def _code(text: str) -> str:
    return SKIPPED.sub(" ", text)


def _unnamed_namespaces(code: str):
    """Yields what is between the braces of each."""
    for begin in re.finditer(r"\bnamespace\s*\{", code):
        depth, at = 1, begin.end()
        while depth and at < len(code):
            depth += {"{": 1, "}": -1}.get(code[at], 0)
            at += 1
        yield code[begin.end() : at - 1]


def _without_blocks(code: str) -> str:
    """The declarations, with () and {} in place of what is inside of them."""
    kept, depth = [], 0
    for character in code:
        if character in "})":
            depth -= 1
        if depth == 0:
            kept.append(character)
        if character in "{(":
            depth += 1
    return "".join(kept)


class Source:
    def __init__(self, path: str):
        self.path = path
        text = Path(path).read_text()
        code = _code(text)
        self.bytes = len(text)
        self.words = set(WORD.findall(code))
        own = set(MACRO.findall(code))
        for inside in _unnamed_namespaces(code):
            for declaration in re.split(r"[;}]", _without_blocks(inside)):
                own.update(_declared(declaration))
        self.own = own
        self.alone = bool(ALONE.search(text))

    def goes_with(self, other: "Source") -> bool:
        return not (self.own & other.words or other.own & self.words)


def _declared(declaration: str) -> list:
    """The name that a declaration at the level of a namespace introduces, if it is one."""
    declaration = re.sub(r"^\s*#[^\n]*", "", declaration, flags=re.M)
    declaration = re.sub(r"\[\[.*?\]\]", "", declaration, flags=re.S)
    if re.match(r"\s*using\b(?!.*=)|\s*static_assert\b", declaration, re.S):
        return []
    if match := re.match(r"\s*(?:struct|class|enum(?:\s+class)?|union)\s+(\w+)", declaration):
        return [match[1]]
    names = [name for name in WORD.findall(re.split(r"[=({]", declaration)[0]) if name not in KEYWORDS]
    return names[-1:]


def groups_of(sources: list, most_bytes: int) -> list:
    groups = []
    for source in sources:
        for group in groups:
            fits = sum(other.bytes for other in group) + source.bytes <= most_bytes
            if fits and not source.alone and all(source.goes_with(other) for other in group):
                group.append(source)
                break
        else:
            groups.append([source])
    return groups


def main() -> None:
    sources = [Source(path) for path in sys.argv[2:]]
    for group in groups_of(sources, int(sys.argv[1])):
        if len(group) > 1:
            print(";".join(source.path for source in group))


if __name__ == "__main__":
    main()
