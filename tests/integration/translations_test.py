"""textdomain(), bindtextdomain(), bind_textdomain_codeset(): each request has its own settings."""

import json
import struct

import pytest

from harness.locales import GERMAN, compile_german
from harness.server import PHP_SCRIPTS

STATE = PHP_SCRIPTS / "process_state.php"


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder for LOCPATH with a German locale."""
    return compile_german(tmp_path_factory.mktemp("locales"), {GERMAN: "UTF-8"})


def write_catalog(directory, domain: str, texts: dict) -> None:
    """A .mo file (GNU gettext manual, "The Format of GNU MO Files")."""
    header = (
        "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    )
    pairs = sorted((k.encode(), v.encode()) for k, v in (texts | {"": header}).items())
    tables, strings = [b"", b""], b""
    offset = 28 + 16 * len(pairs)
    for which in (0, 1):
        for pair in pairs:
            tables[which] += struct.pack("<II", len(pair[which]), offset + len(strings))
            strings += pair[which] + b"\0"
    count = len(pairs)
    head = struct.pack("<IIIIIII", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    path = directory / "de_DE/LC_MESSAGES" / f"{domain}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + tables[0] + tables[1] + strings)


@pytest.fixture
def catalogs(tmp_path):
    """Two directories with the same domains."""
    for name in ("a", "b"):
        texts = {"Hello": f"Grüße von {name}", "one\0many": f"eins von {name}\0viele von {name}"}
        write_catalog(tmp_path / name, "app", texts)
        write_catalog(tmp_path / name, "other", {"Hello": f"anderes von {name}"})
    return tmp_path


TRANSLATE = f"""<?php require '{STATE}';
$me = $_GET['me'];
setlocale(LC_ALL, '{GERMAN}');
$got = [];
for ($i = 0; $i < 20; ++$i) {{
    if ($i < 5 || $i > 15) meet();
    $bound = bindtextdomain('app', "$_GET[catalogs]/$me");
    if ($i < 5 || $i > 15) meet();
    $now = [basename($bound), textdomain('app'), _('Hello'), gettext('none'), dgettext('app', 'Hello'),
        ngettext('one', 'many', 1), ngettext('one', 'many', 2), dcgettext('app', 'Hello', LC_MESSAGES),
        basename(bindtextdomain('app', null)), textdomain(null), dgettext('other', 'Hello')];
    $got[json_encode($now)] = true;
}}
bindtextdomain('other', "$_GET[catalogs]/$me");
meet();
$last = dgettext('other', 'Hello');
bindtextdomain('app', "$_GET[catalogs]/$_GET[other]");
$last .= ', ' . _('Hello');
meet();
echo json_encode([array_map('json_decode', array_keys($got)), $last]);
"""


def test_two_requests_at_a_time_have_translations_each(
    start_tusk, make_root, locales, catalogs, tmp_path
):
    """Both use the same domain in two directories, bound again and again; nothing is left
    afterwards."""
    root = make_root(
        {
            "translate.php": TRANSLATE,
            "after.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            echo json_encode([textdomain(null), gettext('Hello'), dgettext('app', 'Hello'),
                dgettext('other', 'Hello'), bindtextdomain('app', null), bind_textdomain_codeset('app', null)]);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 2, env={"LOCPATH": locales})
    before = tusk.get("/after.php").json()
    assert before[:4] == ["messages", "Hello", "Hello", "Hello"] and before[5] is False
    for turn in range(3):
        directory = tmp_path / f"turn{turn}"
        directory.mkdir()
        requests = [
            tusk.raw().request(
                "GET",
                f"/translate.php?dir={directory}&catalogs={catalogs}&me={me}&other={other}",
            )
            for me, other in ("ab", "ba")
        ]
        for request, (me, other) in zip(requests, ("ab", "ba")):
            assert json.loads(request.response().text) == [
                [[me, "app", f"Grüße von {me}", "none", f"Grüße von {me}", f"eins von {me}",
                  f"viele von {me}", f"Grüße von {me}", me, "app", "Hello"]],
                f"anderes von {me}, Grüße von {other}",
            ]  # fmt: skip
        for _ in range(4):
            assert tusk.get("/after.php").json() == before


def test_encodings_belong_to_the_request(start_tusk, make_root, locales, catalogs):
    """bind_textdomain_codeset()."""
    root = make_root(
        {
            "codeset.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            bindtextdomain('app', '{catalogs}/a');
            textdomain('app');
            if (isset($_GET['codeset'])) bind_textdomain_codeset('app', $_GET['codeset']);
            echo json_encode([bin2hex(substr(_('Hello'), 0, 6)), bind_textdomain_codeset('app', null)]);
            """
        }
    )
    tusk = start_tusk(root, "--workers", 2, env={"LOCPATH": locales})
    for _ in range(4):
        assert tusk.get("/codeset.php?codeset=ISO-8859-1").json() == ["4772fcdf6520", "ISO-8859-1"]
        assert tusk.get("/codeset.php").json() == ["4772c3bcc39f", False]


def test_a_forked_process_keeps_its_translations(start_tusk, make_root, locales, catalogs):
    """It has the same ones as its parent."""
    root = make_root(
        {
            "fork.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            bindtextdomain('app', '{catalogs}/b');
            textdomain('app');
            $file = tempnam(sys_get_temp_dir(), 'fork');
            if (($child = pcntl_fork()) === 0) {{
                file_put_contents($file, _('Hello') . ' ' . textdomain(null));
                exit;
            }}
            pcntl_waitpid($child, $status);
            readfile($file);
            unlink($file);
            """
        }
    )
    tusk = start_tusk(root, env={"LOCPATH": locales})
    assert tusk.get("/fork.php").text == "Grüße von b app"


def test_bindings_are_bounded(start_tusk, make_root, locales, catalogs):
    """libc never forgets one: after 1,024 of them new ones have no effect, and old ones still
    work."""
    root = make_root(
        {
            "many.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            bindtextdomain('app', '{catalogs}/a');
            textdomain('app');
            $first = _('Hello');
            for ($i = 0; $i < 1100; ++$i) {{
                bind_textdomain_codeset('app', "UTF-8//$i");
                _('Hello');
            }}
            bindtextdomain('other', '{catalogs}/b');
            echo json_encode([$first, dgettext('other', 'Hello')]);
            """,
            "known.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            bindtextdomain('app', '{catalogs}/a');
            echo dgettext('app', 'Hello');
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1, env={"LOCPATH": locales})
    assert tusk.get("/many.php").json() == ["Grüße von a", "Hello"]
    tusk.wait_for_log("too many translations are bound")
    assert tusk.get("/known.php").text == "Grüße von a"
