"""The pages of docs/decisions: each must have a date, a status, the same sections, and a row in
the index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "docs/decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Rejected alternatives", "Consequences"]
HEAD = re.compile(r"# (\d+)\. (.+)\n\nDate: (\d{4}-\d\d-\d\d) · Status: (accepted|superseded)")


def mistakes(name: str, text: str, index: str):
    head = HEAD.match(text)
    if not head:
        yield "does not begin with '# N. Title' and 'Date: YYYY-MM-DD · Status: accepted'"
        return
    number, title, date, _ = head.groups()
    if int(number) != int(name[:4]):
        yield f"has the number {number}"
    if re.findall(r"^## (.+)$", text, re.M) != SECTIONS:
        yield f"does not have the sections {', '.join(SECTIONS)}"
    if f"| {number} | [{title}]({name}) | {date} | " not in index:
        yield "has no row in README.md with its number, title, name and date"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_is_complete_and_listed(page):
    """The page has its head, its sections and its row."""
    index = (FOLDER / "README.md").read_text()
    assert list(mistakes(page.name, page.read_text(), index)) == []


def test_numbers_have_no_gap():
    """A new page takes the next number."""
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


def test_an_incomplete_page_is_found():
    """The tests above can fail."""
    text = "# 2. A title\n\nDate: 2026-01-02 · Status: accepted\n\n## Context\n"
    assert len(list(mistakes("0001-a.md", text, ""))) == 3
    assert len(list(mistakes("0001-a.md", "# A title\n", ""))) == 1
