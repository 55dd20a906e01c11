"""The documentation can be followed: its links lead somewhere, and its configurations are valid. Pages
whose blocks all run (tests/docs/commands_test.py) have their configurations checked there."""

import re
import subprocess
from pathlib import Path

import pytest

from docs.commands_test import NOT_RUN
from harness.server import BINARY

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page for pages in ("*.md", "docs/**/*.md", "contrib/**/*.md") for page in REPOSITORY.glob(pages))
# What the configurations name in the document root, or as a worker script.
SCRIPTS = ("index.php", "index.html", "doku.php", "frankenphp-worker.php", "symfony.php", "laravel.php")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
TOML = re.compile(r"```toml\n(.*?)```", re.S)


def text_without_code(page: Path) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.S)


def anchors(page: Path) -> set:
    """Returns the anchors that GitHub makes from headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def broken_links(page: Path):
    for target, anchor in LINK.findall(text_without_code(page)):
        other = (page.parent / target).resolve() if target else page
        if not other.exists():
            yield target
        elif anchor and other.suffix == ".md" and anchor not in anchors(other):
            yield f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page):
    """Each link leads to a file of the repository, and to a heading that exists there."""
    assert list(broken_links(page)) == []


def test_a_broken_link_is_found(tmp_path):
    """The test above can fail."""
    page = tmp_path / "page.md"
    page.write_text("# One heading\n[a](none.md) [b](page.md#no-heading) [c](#one-heading)\n")
    assert list(broken_links(page)) == ["none.md", "page.md#no-heading"]


def complete_configurations():
    """Yields the configurations that name the directory to serve."""
    for page in PAGES:
        if str(page.relative_to(REPOSITORY)) in NOT_RUN:
            continue
        for number, text in enumerate(TOML.findall(page.read_text())):
            if re.search(r"^document_root", text, re.M):
                yield pytest.param(text, id=f"{page.name}-{number}")


@pytest.mark.parametrize("text", complete_configurations())
def test_a_configuration_to_paste_is_valid(text, tmp_path):
    """`tusk check` accepts it, once its directory and certificate exist."""
    (tmp_path / "public").mkdir()
    for name in SCRIPTS:
        (tmp_path / "public" / name).write_text("<?php")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-nodes", "-subj", "/CN=example.org", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    for option, path in (
        ("document_root", tmp_path / "public"),
        ("tls_cert", certificate),
        ("tls_key", key),
    ):
        text = re.sub(rf'^{option} = "[^"]*"', f'{option} = "{path}"', text, flags=re.M)
    script = rf'script = "{tmp_path}/public/\1"'
    text = re.sub(r'^script = "[^"]*/([^/"]+)"', script, text, flags=re.M)
    (tmp_path / "tusk.toml").write_text(text)
    checked = subprocess.run(
        [BINARY, "check", "--config", tmp_path / "tusk.toml"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr
