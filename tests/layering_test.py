"""Enforces the documented rules of the source tree: which folder may include which, where a
library may be used, and style rules that no compiler checks. ARCHITECTURE.md and CONTRIBUTING.md
define the rules. A test proves for every rule that a violation is found
(test_a_violation_is_found)."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = REPOSITORY / "src"

# Left to right; a folder may include itself and every group further left, never its own group.
GROUPS = [
    {"base"},
    {"http", "observe", "config"},
    {"net", "files", "rules", "exec"},
    {"tls", "clients", "site", "php", "supervisor"},
    {"server", "admin", "console", "host"},
    {"app", "launcher"},
    {"main.cc", "server_main.cc", "host_main.cc"},
]
LEVEL = {folder: level for level, group in enumerate(GROUPS) for folder in group}

# Inside a folder: pairs of which the first may not include the second.
APART = [
    ("http/h1/", "http/h2/"),
    ("http/h1/", "http/coding/"),
    ("http/h2/", "http/h1/"),
    ("http/h2/", "http/coding/"),
    ("http/coding/", "http/h1/"),
    ("http/coding/", "http/h2/"),
    ("server/answers/", "server/http1/"),  # an answer knows nothing of the protocol
    ("server/answers/", "server/http2/"),
    ("server/http1/", "server/answers/"),
    ("server/http2/", "server/answers/"),
    ("server/http2/", "server/http1/"),  # HTTP/1 hands a connection over, and not the other way
    ("server/http1/", "server/handshake/"),  # a handshake hands a connection over as well
    ("server/http2/", "server/handshake/"),
]

# Headers that only these may include: paths below src/ that the including file must begin with.
KNOWN_TO = {
    "config/settings.h": ["config/", "app/", "launcher/", "console/"],  # others get a struct of their own, made by app/plan/
    "config/load.h": ["config/", "app/", "launcher/", "console/"],
}
# These are built without PHP: of php/ they know these plain structs only.
WITHOUT_PHP = ["app/plan/", "host/settings/"]
PHP_FOR_PLAN = ("php/settings.h", "php/facts.h", "php/preload/list/")

# Who may include a library's headers: paths below src/ that the file must begin with.
LIBRARIES = [
    (
        "PHP",
        r"php\.h|php_\w+\.h|SAPI\.h|TSRM\.h|[Zz]end.*|main/.*|ext/.*|sapi/.*|TSRM/.*",
        # What mysqli keeps has no other way: its header is not for those who do not need it.
        ["php/zend.h", "php/resident/doctor/mysql_transaction.cc"],
    ),
    ("nghttp2", r"nghttp2/.*", ["http/h2/"]),
    ("SQLite", r"sqlite3\.h", ["php/"]),
    ("llhttp", r"llhttp\.h", ["http/h1/"]),
    ("Boost", r"boost/.*", ["net/", "tls/"]),
    ("OpenSSL", r"openssl/.*", ["tls/"]),
    ("spdlog", r"spdlog/.*", ["observe/"]),
    ("toml++", r"toml(\+\+|plusplus)?/.*|toml\.hpp", ["config/"]),
    ("CLI11", r"CLI/.*", ["config/", "app/"]),
    ("RE2", r"re2/.*", ["rules/"]),
    ("libseccomp", r"seccomp\.h", ["host/"]),
    ("compression", r"brotli/.*|zstd.*\.h|zlib\.h|libdeflate\.h", ["http/coding/"]),
]

LONGEST_FILE = 400
LONGER_WITH_REASON = {}
LONGEST_FUNCTION = 70
LONGER_FUNCTIONS_WITH_REASON = {"config/preset.cc": "one table, one entry per preset"}
MOST_CONCEPTS = 20  # files of one name, and its test, at the root of a folder
VAGUE_NAMES = r"(^|_)(utils?|common|helpers?|manager|misc)(_|$)"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

HOME_DIRECTORY = re.compile(r"(?<![\w.~$}])/(?:home|Users)/[a-z][\w.-]*|(?<![\w.~$}])/root/[\w.]")
REGISTRY_HOST = re.compile(
    r"\b(?:(?:deb|snapshot|security|ftp)\.debian\.org|pypi\.org|pythonhosted\.org|crates\.io"
    r"|registry\.npmjs\.org|proxy\.golang\.org|repo1?\.maven\.(?:org|apache\.org)|rubygems\.org)\b"
)


def violations_of_sources(tree: dict) -> list:
    """Returns a sentence for each violation. `tree` maps paths below src/ to texts."""
    found = []
    for path, text in sorted(tree.items()):
        for check in (_includes, _style):
            found += [f"src/{path}: {problem}" for problem in check(path, text, tree)]
    for path in LONGER_WITH_REASON:
        if path in tree and _lines(tree[path]) <= LONGEST_FILE:
            found.append(f"src/{path}: is short enough now; remove it from LONGER_WITH_REASON")
    for folder, concepts in _concepts(tree).items():
        if len(concepts) > MOST_CONCEPTS:
            found.append(f"src/{folder}/: {len(concepts)} concepts; more than {MOST_CONCEPTS}")
    return found


def _concepts(tree: dict) -> dict:
    """The concepts at the root of each folder: names of files without their ending and _test."""
    concepts = {}
    for path in tree:
        folder, _, name = path.rpartition("/")
        stem = name.split(".")[0]
        for ending in ("_test", "_zts", "_nts"):  # the last two are for one kind of PHP each
            stem = stem.removesuffix(ending)
        concepts.setdefault(folder, set()).add(stem)
    return concepts


def violations_of_text(path: str, text: str) -> list:
    """Returns a sentence for each text that no tracked file may contain."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for name, pattern in (
            ("a home directory", HOME_DIRECTORY),
            ("a package registry's host", REGISTRY_HOST),
        ):
            if match := pattern.search(line):
                found.append(f"{path}:{number}: names {name}: {match[0]}")
    return found


def _includes(path: str, text: str, tree: dict):
    folder = path.split("/")[0]
    if folder not in LEVEL:
        yield f"folder {folder} is missing in the layering of this test"
        return
    for bracket, included in INCLUDE.findall(text):
        if bracket == '"':
            yield from _own_include(folder, included, tree)
            known_to = KNOWN_TO.get(included)
            if known_to and not any(path.startswith(prefix) for prefix in known_to):
                yield f"includes {included}: only {', '.join(known_to)} may include it"
            for part in WITHOUT_PHP:
                if path.startswith(part) and included.startswith("php/"):
                    if not included.startswith(PHP_FOR_PLAN):
                        yield f"includes {included}: {part} is built without PHP"
            if path.startswith(PHP_FOR_PLAN) and included.startswith("php/") and not included.startswith(PHP_FOR_PLAN):
                yield f"includes {included}: {path} is read without PHP"
            for one, other in APART:
                if path.startswith(one) and included.startswith(other):
                    yield f"includes {included}: files of {one} may not include {other}"
        for library, pattern, allowed in LIBRARIES:
            is_library = re.fullmatch(pattern, included) and included not in tree
            if is_library and not any(path.startswith(prefix) for prefix in allowed):
                yield f"includes {included}: only {', '.join(allowed)} may include {library}"


def _own_include(folder: str, included: str, tree: dict):
    other = included.split("/")[0]
    if included not in tree:
        if other not in LEVEL:
            return  # a library's header
        yield f"includes {included}, which does not exist"
    elif other == "php" and folder not in ("php", "app", "host"):
        yield f"includes {included}: only app/ and host/ include php/"
    elif other != folder and LEVEL[other] >= LEVEL[folder]:
        yield f"includes {included}: a folder may include only folders of groups further left"


def _style(path: str, text: str, tree: dict):
    name = path.rpartition("/")[2]
    if (
        not re.fullmatch(r"([a-z][a-z0-9_]*/)*[a-z][a-z0-9_]*\.(h|cc|stub\.php|txt)", path)
        and name != "CMakeLists.txt"
    ):
        yield "a file name must be lower_case_with_underscores.h or .cc"
    if re.search(VAGUE_NAMES, name.split(".")[0]):
        yield "a file must be named after its concept, not utils, common, helper or manager"
    if name.endswith(".h"):
        if not text.startswith("//"):
            yield "a header must open with a comment: what it is, its owner, its thread"
        if len(re.findall(r"^#pragma once$", text, re.M)) != 1:
            yield "a header must have one #pragma once"
    if name.endswith((".h", ".cc")):
        if _lines(text) > LONGEST_FILE and path not in LONGER_WITH_REASON:
            yield f"{_lines(text)} lines; more than {LONGEST_FILE} need a reason in this test"
        for name, length in _functions(text):
            if length > LONGEST_FUNCTION and path not in LONGER_FUNCTIONS_WITH_REASON:
                yield f"{name} has {length} lines; more than {LONGEST_FUNCTION}"
        if re.search(r'#\s*include\s*"\.\.?/', text):
            yield "includes must be relative to src/"
        # spdlog's sinks need std::mutex as a template argument.
        locks = re.search(r"(?<!base_sink<)std::\w*mutex|std::condition_variable", text)
        if path != "base/mutex.h" and locks:
            yield "use base/mutex.h, which clang's analysis checks, and not std::mutex"


def _lines(text: str) -> int:
    return text.count("\n")


def _functions(text: str):
    """Yields the first line and the length of each function that is not inside a class, as
    clang-format lays it out: from the last line that is not indented to a lone brace."""
    name, start = "", 0
    for number, line in enumerate(text.split("\n")):
        if line == "}":
            yield name, number - start + 1
        elif re.match(r"[A-Za-z_~]\w*(?!\w|:$)", line):
            name, start = line, number


def _tracked_files() -> list:
    listed = subprocess.run(
        ["git", "-C", REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for path in listed.split("\0") if path and (REPOSITORY / path).is_file()]


def test_sources_keep_the_layering_and_the_style():
    """The source tree breaks no rule."""
    tree = {
        str(path.relative_to(SOURCES)): path.read_text()
        for path in SOURCES.rglob("*")
        if path.is_file() and path.suffix in (".h", ".cc")
    }
    assert len(tree) > 50, f"only {len(tree)} sources found below {SOURCES}"
    found = violations_of_sources(tree)
    assert not found, "\n" + "\n".join(found)


def test_every_folder_of_the_layering_exists_or_is_planned():
    """The table in this file matches the tree: a new folder needs an entry in it."""
    folders = {path.name for path in SOURCES.iterdir() if path.is_dir()}
    assert folders <= LEVEL.keys(), folders - LEVEL.keys()


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        (".clang-format", r"'\^\"\(([\w|]+)\)/'"),
        (".clang-tidy", r"HeaderFilterRegex: '/src/\(([\w|]+)\)/'"),
        ("src/CMakeLists.txt", r"^ *tusk_library\((\w+)"),
    ],
)
def test_other_lists_of_folders_agree_with_the_layering(file, pattern):
    """clang-format groups their includes, clang-tidy checks their headers, CMake builds them."""
    listed = re.findall(pattern, (REPOSITORY / file).read_text(), re.M)
    assert {name for names in listed for name in names.split("|")} == set(LEVEL) - GROUPS[-1]


def test_no_tracked_file_names_a_home_directory_or_a_registry():
    """The repository works on any machine, behind any mirror."""
    found, files = [], _tracked_files()
    for path in files:
        content = (REPOSITORY / path).read_bytes()
        if b"\0" not in content[:8192]:
            found += violations_of_text(path, content.decode("utf-8", "replace"))
    assert len(files) > 50, f"git lists only {len(files)} files"
    assert not found, "\n" + "\n".join(found)


HEADER = "// A thing.\n#pragma once\n"
CLEAN = {
    "base/thing.h": HEADER + "#include <vector>\n",
    "http/h1/parser.h": HEADER + '#include <llhttp.h>\n#include "base/thing.h"\n',
    "exec/job.h": HEADER + '#include "http/h1/parser.h"\n',
    "net/stream.h": HEADER + "#include <boost/asio.hpp>\n",
    "tls/stream.cc": "#include <openssl/ssl.h>\n",
    "config/settings.h": HEADER,
    "php/settings.h": HEADER,
    "app/plan/plan.cc": '#include "config/settings.h"\n#include "php/settings.h"\n',
    "php/zend.h": HEADER + '#include <main/php.h>\n#include "SAPI.h"\n',
    "php/engine.h": HEADER + '#include "exec/job.h"\n#include "php/zend.h"\n',
    "server/handshake/tls.h": HEADER,
    "server/server.h": HEADER + '#include "net/stream.h"\n#include "exec/job.h"\n',
    "app/app.cc": '#include "php/engine.h"\n#include "server/server.h"\n',
    "main.cc": '#include "app/app.cc"\n',
}

VIOLATIONS = [
    # path, text, what the complaint must say
    ("base/a.cc", '#include "http/h1/parser.h"\n', "groups further left"),
    ("http/a.cc", '#include "net/stream.h"\n', "groups further left"),
    ("files/a.cc", '#include "net/stream.h"\n', "groups further left"),
    ("observe/a.cc", '#include "http/h1/parser.h"\n', "groups further left"),
    ("php/a.cc", '#include "server/server.h"\n', "groups further left"),
    ("server/a.cc", '#include "php/engine.h"\n', "only app/ and host/ include php/"),
    ("exec/a.cc", '# include "php/engine.h"\n', "only app/ and host/ include php/"),
    ("server/a.cc", '#include "app/app.cc"\n', "groups further left"),
    ("php/a.cc", '#include "config/settings.h"\n', "only config/, app/, launcher/, console/ may include it"),
    ("app/plan/a.cc", '#include "php/engine.h"\n', "app/plan/ is built without PHP"),
    ("host/settings/a.cc", '#include "php/engine.h"\n', "host/settings/ is built without PHP"),
    ("php/settings.h", HEADER + '#include "php/engine.h"\n', "is read without PHP"),
    ("http/h2/a.cc", '#include "http/h1/parser.h"\n', "files of http/h2/ may not include http/h1/"),
    (
        "server/http2/a.cc",
        '#include "server/handshake/tls.h"\n',
        "files of server/http2/ may not include server/handshake/",
    ),
    ("server/a.cc", '#include "net/nothing.h"\n', "does not exist"),
    ("server/a.cc", "#include <php.h>\n", "may include PHP"),
    ("app/a.cc", '#include "zend_API.h"\n', "may include PHP"),
    ("app/a.cc", "#include <Zend/zend.h>\n", "may include PHP"),
    ("exec/a.cc", "#include <main/SAPI.h>\n", "may include PHP"),
    ("php/a.cc", "#include <zend_generators.h>\n", "may include PHP"),
    ("http/h1/a.cc", "#include <nghttp2/nghttp2.h>\n", "only http/h2/ may include nghttp2"),
    ("http/a.cc", "#include <llhttp.h>\n", "only http/h1/ may include llhttp"),
    ("exec/a.cc", "  #include <boost/asio/post.hpp>\n", "may include Boost"),
    ("server/a.cc", "#include <openssl/evp.h>\n", "only tls/ may include OpenSSL"),
    ("net/a.cc", "#include <openssl/evp.h>\n", "only tls/ may include OpenSSL"),
    ("server/a.cc", "#include <re2/re2.h>\n", "only rules/ may include RE2"),
    ("exec/a.cc", "#include <brotli/encode.h>\n", "only http/coding/ may include compression"),
    ("extra/a.cc", "\n", "is missing in the layering of this test"),
    ("net/Stream.cc", "\n", "lower_case_with_underscores"),
    ("net/string_utils.cc", "\n", "named after its concept"),
    ("net/a.h", "#pragma once\n", "open with a comment"),
    ("net/a.h", "// A thing.\n", "one #pragma once"),
    ("net/a.cc", '#include "../base/thing.h"\n', "relative to src/"),
    ("net/a.cc", "\n" * (LONGEST_FILE + 1), "need a reason"),
    ("net/a.cc", "void f() {\n" + "  g();\n" * (LONGEST_FUNCTION - 1) + "}\n", "void f() { has 71"),
    ("exec/a.cc", "static std::shared_mutex mutex;\n", "use base/mutex.h"),
]


def test_a_tree_without_fault_is_accepted():
    """The rules allow what ARCHITECTURE.md allows."""
    assert violations_of_sources(CLEAN) == []


@pytest.mark.parametrize(("path", "text", "complaint"), VIOLATIONS)
def test_a_violation_is_found(path, text, complaint):
    """Each rule catches its violation: one bad file in a tree without fault is named."""
    found = violations_of_sources(CLEAN | {path: text})
    assert len(found) == 1 and found[0].startswith(f"src/{path}: ") and complaint in found[0], found


def test_a_crowded_folder_is_found():
    """A folder with one concept too many is named; a test is not a concept, nor is a header."""
    names = [f"net/concept_{chr(ord('a') + number)}.cc" for number in range(MOST_CONCEPTS - 1)]
    files = dict.fromkeys([*names, "net/stream.cc", "net/stream_test.cc"], "\n")
    assert violations_of_sources(CLEAN | files) == []
    found = violations_of_sources(CLEAN | files | {"net/one_more.cc": "\n"})
    assert found == [f"src/net/: {MOST_CONCEPTS + 1} concepts; more than {MOST_CONCEPTS}"]


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "home/alice/src",
        'path = "/' + 'root/.cache"',
        "/" + "Users/bob",
        "deb." + "debian.org",
        "https://files.python" + "hosted.org/x",
        "index.crates" + ".io",
    ],
)
def test_a_forbidden_name_is_found(text):
    """The search finds home directories and registries."""
    assert violations_of_text("file", f"first\n{text}\n")[0].startswith("file:2: ")


@pytest.mark.parametrize(
    "text",
    [
        "~/.cache/tusk",
        "$HOME/.cache",
        "above_root/x",
        "the document root/index.php",
        "{root}/home/page",
    ],
)
def test_an_innocent_name_is_left_alone(text):
    """The search for home directories reports no harmless text."""
    assert violations_of_text("file", text) == []
