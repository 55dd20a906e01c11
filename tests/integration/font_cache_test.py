"""gd has one font cache for the process: requests that use it do not disturb each other."""

import concurrent.futures

import pytest

SCRIPTS = {
    # The messages for an invalid font file and for a missing one.
    "text.php": """<?php
        $said = [];
        set_error_handler(function ($level, $text) use (&$said) { $said[] = $text; return true; });
        for ($i = 0; $i < 20; $i++) {
            $file = $i % 2 ? __FILE__ : '/nowhere.ttf';
            $image = imagecreate(9, 9);
            $results = [imagettfbbox(9, 0, $file, 'x'), imageftbbox(9, 0, $file, 'x'),
                imagettftext($image, 9, 0, 0, 0, 0, $file, 'x'),
                imagefttext($image, 9, 0, 0, 0, 0, $file, 'x')];
            if (array_filter($results)) exit('a font?');
        }
        echo count($said), ' ', count(array_unique($said)) <= 8 ? 'known' : json_encode($said);
    """,
    # The handler of gd's warning also draws, or ends the script in the middle of the call.
    "nested.php": """<?php
        $depth = 0;
        set_error_handler(function () use (&$depth) {
            if (++$depth < 5) @imagettfbbox(9, 0, __FILE__, 'x');
            if (isset($_GET['end'])) exit('ended');
            if (isset($_GET['big'])) str_repeat('x', 1 << 40);
        });
        imagettfbbox(9, 0, __FILE__, 'x');
        echo $depth;
    """,
    "plain.php": "<?php echo 'plain';",
}
EXPECTED = {"/text.php": "80 known", "/nested.php": "1", "/nested.php?end=1": "ended"}
EXPECTED["/plain.php"] = "plain"


@pytest.mark.parametrize("rounds", [400])
def test_invalid_fonts_while_other_requests_end(start_tusk, make_root, rounds):
    """gd reads its cache after it has released the mutex, and empties it when a request ends."""
    tusk = start_tusk(make_root(SCRIPTS), "--workers", 4)
    paths = [*EXPECTED, "/text.php", "/plain.php", "/nested.php?big=1"]

    def client(number: int) -> list:
        wrong = []
        with tusk.raw() as connection:
            for i in range(rounds):
                path = paths[(i + number) % len(paths)]
                answer = connection.get(path)
                if "big" in path:
                    expected = answer.status == 500
                else:
                    expected = (answer.status, answer.text) == (200, EXPECTED[path])
                if not expected:
                    wrong.append((path, answer.status, answer.text[:200]))
        return wrong

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        assert not [wrong for found in clients.map(client, range(8)) for wrong in found]
    assert tusk.get("/text.php").text == EXPECTED["/text.php"]
