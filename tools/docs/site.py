"""mkdocs' hooks for the documentation site. The pages are written for the forge, which shows them as
files; this makes the same files right for the site:

- Links out of docs/ lead to a page of the site if the file is one (ARCHITECTURE.md), and otherwise to
  a copy of the file (src/files/mime.cc).
- Headings get the forge's anchors, so that one link works in both places.
- Lists are indented as Python-Markdown wants it; the forge wants less.
- Sequence diagrams become pictures.
- The navigation leaves out pages that do not exist yet, and has a line for each decision."""

import logging
import posixpath
import re
import sys
from pathlib import Path

from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))
import diagram  # noqa: E402
import lists  # noqa: E402

LOG = logging.getLogger("mkdocs.hooks.site")
REPOSITORY = Path(__file__).resolve().parents[2]

# Files outside of docs/ that are pages of the site.
PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "bench/README.md": "bench.md",
    "contrib/rewind/README.md": "contrib-rewind.md",
    "examples/README.md": "examples.md",
    "tests/README.md": "tests.md",
    "README.md": "README.md",  # the site's own first page takes its place
}
# Files outside of docs/ that the theme needs.
ASSETS = {
    "assets/tusk.svg": "examples/public/tusk.svg",
    "assets/site.css": "tools/docs/site.css",
}
_SOURCE_OF = {page: source for source, page in PAGES.items() if page != "README.md"}
# Code, in which nothing is a link; or a link, whose text may contain code.
_CODE_OR_LINK = re.compile(
    r"^[ \t]*```.*?^[ \t]*```[ \t]*$"
    r"|(?P<text>!?\[(?:`[^`\n]*`|[^\[\]`]|\[[^\]]*\])*\]\()(?P<link>[^)#\s]*)(?P<rest>(?:#[^)\s]*)?\))"
    r"|`[^`\n]*`",
    re.M | re.S,
)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.M | re.S)


def slug(text: str, separator: str = "-") -> str:
    """Returns the anchor that the forge gives to a heading."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", separator)


def on_config(config):
    config.mdx_configs["toc"]["slugify"] = slug
    config.nav = _existing(config.nav, Path(config.docs_dir))
    for entry in config.nav:
        if "Decisions" in entry:
            entry["Decisions"] += _decisions(Path(config.docs_dir))
    return config


def _existing(entries: list, docs: Path) -> list:
    """Leaves out pages that are planned, and sections that have none. A page of docs/ that is missing
    here is a warning of mkdocs, so a misspelt name cannot go unnoticed."""
    kept = []
    for entry in entries:
        title, value = next(iter(entry.items())) if isinstance(entry, dict) else (None, entry)
        if isinstance(value, list):
            if inner := _existing(value, docs):
                kept.append({title: inner})
        elif value in _SOURCE_OF or (docs / value).is_file():
            kept.append(entry)
        else:
            LOG.info("%s does not exist yet", value)
    return kept


def _decisions(docs: Path) -> list:
    entries = []
    for page in sorted((docs / "decisions").glob("0*.md")):
        title = page.read_text().partition("\n")[0].lstrip("# ").replace("`", "")
        entries.append({title: f"decisions/{page.name}"})
    return entries


def on_files(files, config):
    for source, page in PAGES.items():
        if page in _SOURCE_OF:
            files.append(File.generated(config, page, content=(REPOSITORY / source).read_text()))
    for path, source in ASSETS.items():
        files.append(File.generated(config, path, content=(REPOSITORY / source).read_text()))
    return files


def on_page_markdown(markdown, page, config, files):
    here = _SOURCE_OF.get(page.file.src_uri, "docs/" + page.file.src_uri)
    markdown = _MERMAID.sub(lambda found: diagram.svg(found[1]) + "\n", markdown)

    def relinked(found):
        if found["link"] is None:
            return found[0]
        return found["text"] + _target(found["link"], here, page, files, config) + found["rest"]

    return lists.indented(_CODE_OR_LINK.sub(relinked, markdown))


def _target(link: str, here: str, page, files, config) -> str:
    if not link or re.match(r"[a-z]+:", link):
        return link
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), link))
    if target in PAGES:
        uri = PAGES[target]
    elif target.startswith("docs/"):
        uri = target.removeprefix("docs/")
    else:
        uri = _copy(target, files, config)
    return posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or ".")


def _copy(target: str, files, config) -> str:
    """Adds a copy of a source file to the site, as plain text, and returns its address. mkdocs reports
    a link to a file that does not exist."""
    uri = f"sources/{target}.txt"
    if not files.get_file_from_path(uri) and (REPOSITORY / target).is_file():
        files.append(File.generated(config, uri, content=(REPOSITORY / target).read_text()))
    return uri
