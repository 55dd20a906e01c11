"""PHP's mutexes, which all workers share: if memory_limit ends a script while it holds one, the
mutex is released, and none is held while a script waits."""

from pathlib import Path

import pytest

from harness.code_site import age
from harness.server import needs_cached_scripts
from harness.wait import wait_for

FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
)

# Strings of one size fill the memory; ?n= is their number.
FILL = """<?php
ini_set('memory_limit', '8M');
$size = (int)$_GET['size'];
function fill(int $n, int $size): array {
    $all = array_fill(0, 10000, null);
    for ($i = 0; $i < $n; $i++) {
        $all[$i] = str_repeat('x', $size);
    }
    return $all;
}
"""

SCRIPTS = {
    "hello.php": "<?php echo 'Hello ', getenv('NO_SUCH') === false ? 'World!' : '';",
    "getenv.php": """<?php
        putenv('BIG=' . str_repeat('a', 40 << 20));
        $x = str_repeat('b', 90 << 20);
        strlen(getenv('BIG'));
        echo 'not reached';
    """,
    "phpinfo.php": """<?php
        ini_set('memory_limit', '4M');
        $x = [];
        ob_start(fn() => '');
        for ($i = 0; ; $i++) {
            $x[] = str_repeat((string)($i % 10), 30000);
            phpinfo(INFO_ENVIRONMENT);
            ob_clean();
        }
    """,
    "compile.php": "<?php var_dump(opcache_compile_file($_GET['file']));",
    # Its shutdown function waits: by then nothing that the script held may still be held.
    "link.php": FILL
    + """
        class Base { function a() {} function b() {} }
        register_shutdown_function(function () {
            touch($_GET['began']);
            while (!file_exists($_GET['until'])) usleep(2000);
        });
        $all = fill((int)$_GET['n'], $size);
        if (isset($_GET['file'])) include $_GET['file'];
        echo 'enough memory';
    """,
    # The font has a long name, which fontFetch() copies while it holds the cache's mutex.
    "font.php": FILL
    + """
        $image = imagecreatetruecolor(100, 30);
        $colour = imagecolorallocate($image, 255, 255, 255);
        $font = str_repeat('/.', 1000) . $_GET['font'];
        if (isset($_GET['draw']) && $_GET['draw'] === 'only') {
            var_dump(is_array(imagettftext($image, 12, 0, 2, 20, $colour, $font, 'text')));
            exit;
        }
        $all = fill((int)$_GET['n'], $size);
        if (isset($_GET['draw'])) imagettftext($image, 12, 0, 2, 20, $colour, $font, 'text');
        echo 'enough memory';
    """,
}


@pytest.fixture
def tusk(start_tusk, make_root):
    root = make_root(SCRIPTS)
    for script in SCRIPTS:
        age(root / script)
    environment = {f"LONG_{i}": "v" * 20_000 for i in range(3)}
    return start_tusk(root, "--workers", 2, env=environment)


def all_answer(tusk, path: str = "/hello.php", text: str = "Hello World!"):
    """Makes more requests than there are workers, on separate connections."""
    for _ in range(4):
        with tusk.raw() as client:
            assert client.get(path).text == text


@pytest.mark.parametrize("script", ["getenv.php", "phpinfo.php"])
def test_memory_limit_while_the_environment_is_read(tusk, script):
    for _ in range(3):
        assert tusk.get(f"/{script}").status_code == 500
        tusk.wait_for_log(r"Allowed memory size of \d+ bytes exhausted")
        all_answer(tusk)


def most_that_fit(fits, most: int) -> int:
    """Returns the largest number for which fits() is true."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least


@pytest.mark.built_php("the cache is in memory of PHP; Debian's gd is the system's libgd")
def test_memory_limit_in_the_font_cache(tusk):
    """gd has one cache for all threads, and every request checks it when it ends."""
    font = next((font for font in FONTS if Path(font).is_file()), None)
    if font is None:
        pytest.skip("no font is installed")
    query = {"font": font, "size": 2000}
    drawn = "bool(true)\n"
    assert tusk.get("/font.php", params=query | {"draw": "only"}).text == drawn

    def fits(count: int) -> bool:
        return tusk.get("/font.php", params=query | {"n": count}).status_code == 200

    most = most_that_fit(fits, 8000)
    exhausted = 0
    for count in range(most - 6, most + 1):
        answer = tusk.get("/font.php", params=query | {"n": count, "draw": "yes"})
        exhausted += answer.status_code == 500
        all_answer(tusk)
        assert tusk.get("/font.php", params=query | {"draw": "only"}).text == drawn
    assert exhausted > 0


@needs_cached_scripts
def test_memory_limit_while_a_class_is_cached(tusk, tmp_path):
    """While OPcache copies a class into its shared memory, it holds the mutex and allocates
    tables. PHP would release the mutex at the end of the request; others must not have to wait
    for that."""
    new, gate = tusk.root / "new.php", tmp_path / "gate"
    gate.touch()

    def link(count: int):
        query = {"size": 4000, "n": count, "began": tmp_path / "began", "until": gate}
        return tusk.get("/link.php", params=query)

    most = most_that_fit(lambda count: link(count).status_code == 200, 2100)
    exhausted = 0
    for step in range(24):
        child = tusk.root / f"child-{step}.php"
        child.write_text(f"<?php class Child{step} extends Base {{ function b() {{}} }}")
        new.write_text("<?php echo 'cached too';")
        age(child)
        age(new, by=step)
        compiled = tusk.get("/compile.php", params={"file": child.name})
        assert compiled.text == "bool(true)\n"
        began, gate = tmp_path / f"began-{step}", tmp_path / f"gate-{step}"
        query = f"n={most - step}&size=4000&file={child.name}&began={began}&until={gate}"
        with tusk.raw().request("GET", f"/link.php?{query}") as client:
            wait_for(began.exists, "the shutdown function")
            all_answer(tusk, "/new.php", "cached too")
            gate.touch()
            exhausted += client.response().status == 500
    assert exhausted > 0
