"""setlocale(): each request has its own locale."""


import pytest

from harness.locales import GERMAN, compile_german
from harness.server import PHP_SCRIPTS

USUAL = "LC_CTYPE=C.UTF-8;LC_NUMERIC=C;LC_TIME=C;LC_COLLATE=C;LC_MONETARY=C;LC_MESSAGES=C;"

# Functions that depend on the locale, and some that do not.
SHOW = r"""
function show(): string {
    return json_encode([
        sprintf('%.1f', 1.5), sprintf('%.1F', 1.5), 1.5 . '', number_format(1234.5, 1),
        localeconv()['decimal_point'], localeconv()['thousands_sep'], @strftime('%A', 0),
        nl_langinfo(CODESET), nl_langinfo(MON_5), strtoupper('äa'), ctype_alpha("\xe4"),
        (float) '1,5', json_encode(1.5), escapeshellarg('ä'), strcoll('ä', 'b') < 0,
        is_numeric('1.5'), round(2.5) . '', var_export(0.5, true),
    ]);
}
"""


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder for LOCPATH with a German locale in UTF-8 and one in ISO-8859-1."""
    names = {GERMAN: "UTF-8", "de_DE.ISO-8859-1": "ISO-8859-1"}
    return compile_german(tmp_path_factory.mktemp("locales"), names)


def pair(tusk, path: str, directory) -> list:
    connections = [
        tusk.raw().request("GET", f"/{path}?dir={directory}&me={me}&other={other}")
        for me, other in ("ab", "ba")
    ]
    return [connection.response().text for connection in connections]


def test_two_locales_at_a_time(start_tusk, make_root, locales, tmp_path):
    """A German request runs beside one that sets nothing, and beside one that sets another
    locale: in everything that depends on the locale each sees its own, as php alone does; later
    requests start with the default."""
    state = PHP_SCRIPTS / "process_state.php"
    root = make_root(
        {
            "one.php": f"""<?php require '{state}'; {SHOW}
            $german = $_GET['me'] === 'a';
            if ($german) setlocale(LC_ALL, '{GERMAN}');
            meet(); $first = show(); meet();
            if (!$german) setlocale(LC_ALL, 'de_DE.ISO-8859-1');
            meet(); $second = show(); meet();
            setlocale(LC_ALL, 'C');
            meet();
            echo $first, "\\n", $second, "\\n", show(), "\\n", setlocale(LC_ALL, '0');
            """,
            "after.php": f"<?php {SHOW} echo setlocale(LC_ALL, '0'), show();",
            "alone.php": f"""<?php {SHOW} error_reporting(0);
            foreach ([null, '{GERMAN}', 'de_DE.ISO-8859-1', 'C'] as $name) {{
                if ($name) setlocale(LC_ALL, $name);
                echo show(), "\\n";
            }}""",
        }
    )
    tusk = start_tusk(root, "--workers", 2, env={"LOCPATH": locales})
    usual, german, latin, c = tusk.get("/alone.php").text.splitlines()
    assert '"1,5"' in german and "Donnerstag" in german and "UTF-8" in german
    assert "ISO-8859-1" in latin and len({usual, german, latin, c}) == 4
    after = tusk.get("/after.php").text
    assert after.startswith(USUAL) and after.endswith(usual)
    for n in range(3):
        directory = tmp_path / f"round{n}"
        directory.mkdir()
        a, b = pair(tusk, "one.php", directory)
        assert a.splitlines() == [german, german, c, "C"]
        assert b.splitlines() == [usual, latin, c, "C"]
        for _ in range(4):
            assert tusk.get("/after.php").text == after


def test_what_setlocale_returns(start_tusk, make_root, locales):
    """Names, false for an unknown locale, the first of several, "" from the script's
    environment, combined names in both directions, as PHP documents."""
    root = make_root(
        {
            "names.php": f"""<?php
            $got[] = setlocale(LC_ALL, 'xx_XX', '{GERMAN}', 'C');
            $got[] = setlocale(LC_ALL, 'xx_XX');
            $got[] = setlocale(LC_ALL, 0);
            $got[] = setlocale(LC_NUMERIC, 'C');
            $got[] = $combined = setlocale(LC_ALL, 0);
            $got[] = setlocale(LC_ALL, 'C');
            $got[] = @setlocale(LC_ALL, $combined);  // PHP takes no name that is so long
            $got[] = setlocale(LC_TIME, 0);
            putenv('LC_ALL={GERMAN}');
            $got[] = setlocale(LC_MONETARY, '');
            putenv('LC_ALL');
            putenv('LANG=C');
            $got[] = setlocale(LC_MONETARY, '');
            $got[] = setlocale(LC_TIME, ['xx', 'POSIX']);
            echo json_encode($got);
            """
        }
    )
    tusk = start_tusk(root, env={"LOCPATH": locales})
    rest = ";".join(
        f"LC_{name}={GERMAN}"
        for name in (
            "TIME COLLATE MONETARY MESSAGES PAPER NAME ADDRESS TELEPHONE MEASUREMENT IDENTIFICATION"
        ).split()
    )
    assert tusk.get("/names.php").json() == [
        GERMAN, False, GERMAN, "C", f"LC_CTYPE={GERMAN};LC_NUMERIC=C;{rest}", "C", False, "C",
        GERMAN, "C", "C",
    ]  # fmt: skip


def test_it_is_undone_however_the_script_ends(start_tusk, make_root, locales):
    """By exit, by a fatal error, in a shutdown function; a forked child has its parent's locale."""
    root = make_root(
        {
            "end.php": f"""<?php
            setlocale(LC_ALL, '{GERMAN}');
            register_shutdown_function(fn () => setlocale(LC_TIME, 'C'));
            match ($_GET['how']) {{ 'exit' => exit, 'fatal' => undefined(), 'memory' => str_repeat('x', 1 << 40) }};
            """,
            "show.php": "<?php printf('%s %.1f', setlocale(LC_ALL, '0'), 1.5);",
            "fork.php": f"""<?php
            setlocale(LC_NUMERIC, '{GERMAN}');
            $file = tempnam(sys_get_temp_dir(), 'locale');
            $child = pcntl_fork();
            if ($child === 0) {{
                file_put_contents($file, sprintf('%.1f ', 1.5) . setlocale(LC_NUMERIC, 0)
                    . setlocale(LC_ALL, 'C') . sprintf(' %.1f', 1.5));
                exit;
            }}
            pcntl_waitpid($child, $status);
            readfile($file); unlink($file); printf(' %.1f', 1.5);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1, env={"LOCPATH": locales})
    before = tusk.get("/show.php").text
    assert before.startswith(USUAL) and before.endswith(" 1.5")
    for how in ("exit", "fatal", "memory"):
        tusk.get(f"/end.php?how={how}")
        assert tusk.get("/show.php").text == before
    assert tusk.get("/fork.php").text == f"1,5 {GERMAN}C 1.5 1,5"
    assert tusk.get("/show.php").text == before


def test_a_child_is_started_with_the_scripts_environment_not_its_locale(tusk):
    """Programs do not inherit setlocale(), but they do inherit LC_ALL."""
    response = tusk.get(
        "/child.php", params={"command": "locale charmap", "env[]": ["LC_ALL=C.UTF-8"]}
    )
    assert response.text == "UTF-8"
    response = tusk.get("/child.php", params={"command": "locale charmap", "env[]": ["LC_ALL=C"]})
    assert response.text == "ANSI_X3.4-1968"
