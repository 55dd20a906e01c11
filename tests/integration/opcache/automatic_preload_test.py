"""preload = "auto": what requests use is recorded, chosen, tried and preloaded by the next start of PHP."""

import json
import os
import random
import re
import subprocess

import pytest

from harness.engine import ENGINES, needs_host
from harness.opcache import directives
from harness.server import TUSK, needs_cached_scripts, run_tusk
from harness.wait import wait_for

pytestmark = needs_cached_scripts

# An application whose classes come from files of all kinds.
APPLICATION = {
    "index.php": """<?php
        spl_autoload_register(function ($class) {
            $file = __DIR__ . '/src/' . str_replace('\\\\', '/', substr($class, 4)) . '.php';
            if (is_file($file)) require $file;
        });
        require __DIR__ . '/src/functions.php';
        require_once __DIR__ . '/src/polyfill.php';
        $child = new App\\Child('x');
        echo json_encode([
            $child->say(), $child->say(), App\\Child::count(), App\\Suit::Hearts->label(), App\\helper(), polyfilled(),
            (new App\\Effects)->value(), EFFECT, (new App\\Alias)->value(), App\\Conditional::N, App\\Guarded::name(),
            $child instanceof App\\Contract, $child instanceof Countable, App\\Child::ORDER, (string) $child,
            (new App\\Closures)->add(3)(4), App\\Lonely::name(), App\\Typed::make($child)->of, __LINE__,
            (new ReflectionClass('App\\Child'))->getAttributes()[0]->getArguments(),
            basename((new ReflectionClass('App\\Child'))->getFileName()),
        ]);
    """,
    "other.php": """<?php require __DIR__ . '/src/Twin_b.php'; echo App\\Twin::WHICH;""",
    "twin.php": """<?php require __DIR__ . '/src/Twin_a.php'; echo App\\Twin::WHICH;""",
    "entry.php": """<?php class Entry { const N = 1; } echo Entry::N;""",
    "state.php": """<?php echo json_encode([
        'preloaded' => opcache_get_status(false)['preload_statistics'] ?? null,
        'preload' => ini_get('opcache.preload'), 'user' => ini_get('opcache.preload_user')]);""",
    "src/Contract.php": "<?php namespace App; interface Contract extends \\Stringable { public function say(): string; }",
    "src/Talks.php": """<?php namespace App; trait Talks {
        private static int $count = 0;
        public function say(): string { static $n = 0; self::$count++; return $this->name . ++$n; }
        public static function count(): int { return self::$count; } }""",
    "src/Base.php": """<?php declare(strict_types=1);
        namespace App;
        abstract class Base implements Contract {
            const ORDER = [self::class, PHP_INT_SIZE * 2];
            public function __construct(protected string $name) {}
            public function __toString(): string { return static::class; } }""",
    "src/Child.php": "<?php namespace App; #[\\Attribute(1)] final class Child extends Base { use Talks; }",
    "src/Suit.php": """<?php namespace App; enum Suit: string { case Hearts = 'h';
        const Default = self::Hearts; public function label(): string { return $this->name . self::Default->value; } }""",
    "src/functions.php": "<?php namespace App; function helper(): string { return __FUNCTION__ . basename(__FILE__); }",
    "src/polyfill.php": "<?php if (!function_exists('polyfilled')) { function polyfilled() { return 'polyfill'; } }",
    "src/Effects.php": """<?php namespace App; define('EFFECT', 7);
        class Effects { public function value() { return EFFECT; } } class_alias(Effects::class, 'App\\Alias');""",
    "src/Alias.php": "<?php class_exists('App\\Effects');",
    "src/Conditional.php": """<?php namespace App;
        if (PHP_VERSION_ID > 1) { class Conditional { const N = 'new'; } } else { class Conditional { const N = 'old'; } }""",
    "src/Missing.php": "<?php namespace App; if (true) { abstract class Missing { static $n = 0; } } return 1 + 1;",
    "src/Guarded.php": "<?php namespace App; class Guarded extends Missing { static function name() { return 'guarded'; } }",
    "src/Closures.php": """<?php namespace App; class Closures {
        public function add(int $by): \\Closure { return fn (int $to) => $to + $by; } }""",
    "src/Typed.php": """<?php namespace App; class Typed { public function __construct(public readonly Contract $of) {}
        public static function make(Contract $of): static { return new static($of); } }""",
    # Its signature can only be checked against its parent's when a class is known that is left out.
    "src/Returns.php": "<?php namespace App; class Returns { public static function name(): Returns|string { return 'x'; } }",
    "src/Lonely.php": """<?php namespace App; class Lonely extends Returns {
        public static function name(): Unused|string { return 'lonely'; } }""",
    "src/Unused.php": "<?php namespace App; if (true) { class Unused extends Returns {} }",
    "src/Twin_a.php": "<?php namespace App; class Twin { const WHICH = 'a'; }",
    "src/Twin_b.php": "<?php namespace App; class Twin { const WHICH = 'b'; }",
}
PRELOADED = {f"App\\{name}" for name in
             ("Contract", "Talks", "Base", "Child", "Suit", "Closures", "Typed", "Returns")}
LEFT_OUT = {
    "index.php": "a request's own script",
    "src/polyfill.php": "it has code besides its declarations",
    "src/Effects.php": "it has code besides its declarations",
    "src/Conditional.php": "it has code besides its declarations|it declares App.Conditional under a condition",
    "src/Guarded.php": "it needs app.missing, which is not preloaded",
    "src/Lonely.php": "App.Lonely cannot be linked: .*",
}


class Site:
    """An application, its list, and a server that records and preloads."""

    def __init__(self, tusk, root, options):
        self.tusk, self.root, self.options = tusk, root, options

    def get(self, page):
        """On a new connection: an old one is still served by the process before."""
        return self.tusk.get(page, headers={"Connection": "close"})

    def listed(self) -> dict:
        done = run_tusk("preload", "list", "--json", *self.options)
        assert done.returncode == 0, done.stderr
        paths = json.loads(done.stdout)["files"]
        return {os.path.relpath(file["path"], self.root.resolve()): file for file in paths}

    def record(self, *pages) -> None:
        """Requests the pages until the list has them."""
        def recorded():
            # One request in a second is looked at: not always the same one.
            for page in random.sample(pages, len(pages)):
                assert self.get(page).status_code == 200
            return set(page.lstrip("/") for page in pages) <= set(self.listed())
        wait_for(recorded, "the pages in the list", poll_s=0.2)

    def reload(self, *words) -> None:
        answer = self.tusk.command("reload", *(words or ("--new-generation",)))
        assert answer.returncode == 0, answer.stderr + self.tusk.log()
        # The process before may take a last connection.
        if "--php" not in words:
            wait_for(lambda: len(self.tusk.server_pids()) == 1, "the end of the process before")

    def state(self) -> dict:
        return self.get("/state.php").json()

    def classes(self) -> set:
        return set((self.state()["preloaded"] or {}).get("classes", []))


@pytest.fixture
def start_site(start_tusk, make_root, tmp_path):
    def start(*args, files=APPLICATION, engine="auto", root=None, list_file=None):
        made = make_root(files) if root is None else root
        options = ("--root", made, "--engine", engine, "--preload", "auto",
                   "--preload-file", list_file or tmp_path / "state/list.json", *args)
        tusk = start_tusk(made, "--workers", 2, *options[2:], supervised=True)
        return Site(tusk, made, options)

    return start


@pytest.mark.parametrize("engine", ENGINES)
def test_what_requests_use_is_preloaded(start_site, engine):
    """The same answers before and after; the list names each file, and PHP's directives are as they were."""
    site = start_site(engine=engine)
    before = site.get("/index.php").text
    assert json.loads(before)[:7] == ["x1", "x2", 2, "Heartsh", "App\\helperfunctions.php", "polyfill", 7]
    assert site.state()["preloaded"] is None
    site.record("/index.php", "/entry.php")
    site.reload()
    assert site.classes() == PRELOADED
    for _ in range(3):
        assert site.get("/index.php").text == before
        assert site.get("/entry.php").text == "1"
        assert site.get("/twin.php").text == "a" and site.get("/other.php").text == "b"
    state = site.state()
    assert state["preloaded"]["functions"] == ["App\\helper"]
    assert (state["preload"], state["user"]) == ("", "")
    files = site.listed()
    for path, reason in LEFT_OUT.items():
        assert files[path]["state"] == "left out" and re.fullmatch(reason, files[path]["reason"]), files[path]
    child = files["src/Child.php"]
    assert child["state"] == "preloaded" and child["names"] == ["App\\Child"] and child["memory_bytes"] > 0
    assert child["hits"] > 0
    assert re.search(r"^preload: \S+/list\.json: \d+ files are recorded, 9 preloaded$",
                     run_tusk("check", *site.options).stdout, re.M)
    # It says the same in words, and what is recorded goes on.
    text = run_tusk("preload", "list", *site.options).stdout
    assert re.search(r"^ +\d+ +\d+ KiB  \S+/src/Child\.php  App\\Child$", text, re.M), text
    assert re.search(r"^ +\d+ +\S+/index\.php  a request's own script$", text, re.M), text
    assert "Can't preload" not in site.tusk.log()
    site.record("/twin.php", "/other.php")
    site.reload()
    assert site.classes() == PRELOADED
    assert site.listed()["src/Twin_a.php"]["reason"] == (
        f"App\\Twin is declared in {(site.root / 'src/Twin_b.php').resolve()}, too")
    assert site.get("/index.php").text == before


@needs_host
def test_a_new_php_host_preloads(start_site):
    """`tusk reload --php`: the server process stays."""
    site = start_site(engine="processes")
    site.record("/index.php")
    before = site.get("/index.php").text
    [server] = site.tusk.server_pids()
    site.reload("--php")
    assert site.classes() == PRELOADED and site.tusk.server_pids() == [server]
    assert site.get("/index.php").text == before


@pytest.mark.parametrize("engine", ENGINES)
def test_a_changed_file(start_site, engine):
    """Another process serves the new code, and no request fails meanwhile."""
    site = start_site(*directives(revalidate_freq=0), engine=engine)
    site.record("/index.php")
    site.reload()
    [server] = site.tusk.server_pids()
    functions = site.root / "src/functions.php"
    functions.write_text("<?php namespace App; function helper(): string { return 'changed'; }")
    os.utime(functions, (1, 1))  # an older file is another one, too

    def is_new():
        response = site.get("/index.php")
        assert response.status_code == 200
        return response.json()[4] == "changed"

    wait_for(is_new, "the new code", poll_s=0.1)
    assert site.tusk.server_pids() != [server]
    site.tusk.wait_for_log("reason=preloaded_code")
    assert site.classes() == PRELOADED


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_gone(start_site, engine):
    """Requests do not find its class any more."""
    site = start_site(*directives(revalidate_freq=0), engine=engine)
    site.record("/index.php")
    site.reload()
    (site.root / "src/Suit.php").unlink()
    wait_for(lambda: site.get("/index.php").status_code == 500, "the class to be gone", poll_s=0.1)
    assert "App\\Suit" not in site.classes() and "App\\Child" in site.classes()


def test_without_validation_files_change_with_a_reload(start_site):
    site = start_site(*directives(validate_timestamps=0))
    site.record("/index.php")
    site.reload()
    (site.root / "src/functions.php").write_text("<?php namespace App; function helper() { return 'changed'; }")
    assert site.get("/index.php").json()[4] != "changed"
    site.reload()
    assert site.get("/index.php").json()[4] == "changed"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_next_release(start_site, make_root, tmp_path, engine):
    """A switched link: each response is of one release, and the new one is preloaded without being recorded anew."""
    for release in ("one", "two"):
        make_root({
            "public/index.php": f"<?php require __DIR__ . '/../src/Which.php'; echo '{release} ', Which::NAME;",
            "public/state.php": APPLICATION["state.php"],
            "src/Which.php": f"<?php class Which {{ const NAME = '{release}'; }}",
        }, name=release)
    link = tmp_path / "current"
    link.symlink_to("one")
    site = start_site(root=link / "public", engine=engine)
    wait_for(lambda: site.get("/index.php").text == "one one" and len(site.listed()) >= 2, "the list", poll_s=0.2)
    site.reload()
    assert site.classes() == {"Which"}
    (tmp_path / "next").symlink_to("two")
    os.rename(tmp_path / "next", link)

    def is_new():
        text = site.get("/index.php").text
        assert text in ("one one", "two two")
        return text == "two two"

    wait_for(is_new, "the new release", poll_s=0.05)
    assert site.classes() == {"Which"}
    listed = json.loads(run_tusk("preload", "list", "--json", *site.options).stdout)
    assert listed["base"] == str((tmp_path / "two").resolve())
    assert str((tmp_path / "two/src/Which.php").resolve()) in [file["path"] for file in listed["files"]]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_list(start_site, tmp_path, engine):
    """The server starts, says why, and begins anew."""
    (tmp_path / "state").mkdir()
    path = tmp_path / "state/list.json"
    path.write_text("{ no list")
    site = start_site(engine=engine)
    site.tusk.wait_for_log("preload: the list of what requests use begins anew")
    assert site.get("/entry.php").text == "1"
    site.record("/entry.php")


@pytest.mark.parametrize("engine", ENGINES)
def test_files_that_php_does_not_survive(start_site, engine):
    """A file that PHP cannot compile, and one for which OPcache's start fails: each is left out."""
    site = start_site(*directives(revalidate_freq=0), files=APPLICATION | {
        "more.php": "<?php require 'src/Fatal.php'; require 'src/Syntax.php'; require 'src/Redeclares.php';",
        "src/Fatal.php": "<?php class Fatal {}",
        "src/Syntax.php": "<?php class Syntax {}",
        "src/Redeclares.php": "<?php class Redeclares { const N = 1; }",
    }, engine=engine)
    site.record("/index.php", "/more.php")
    (site.root / "src/Fatal.php").write_text("<?php class Fatal { function f() {} function f() {} }")
    (site.root / "src/Syntax.php").write_text("<?php class {")
    # Linking it fails.
    (site.root / "src/Redeclares.php").write_text(
        "<?php class Redeclares implements Countable { function count(int $x): int { return 1; } }")
    site.reload()
    assert site.classes() == PRELOADED
    files = site.listed()
    assert files["src/Fatal.php"]["reason"] == files["src/Syntax.php"]["reason"] == "PHP cannot compile it"
    assert files["src/Redeclares.php"]["state"] == "left out" and "Redeclares" in files["src/Redeclares.php"]["reason"]


def test_too_little_memory(start_site, tmp_path):
    """PHP would not start: it starts without the files, and the log says why."""
    big = "".join(f"class Big{n} {{ const TEXT = '{n:07}" + "x" * 100_000 + "'; }\n" for n in range(200))
    files = {"index.php": "<?php require 'big.php'; echo Big1::class;", "big.php": "<?php\n" + big,
             "state.php": APPLICATION["state.php"]}
    site = start_site(*directives(memory_consumption=16, interned_strings_buffer=2), files=files)
    wait_for(lambda: site.get("/index.php").text == "Big1" and "big.php" in site.listed(), "the list", poll_s=0.2)
    site.reload()
    site.tusk.wait_for_log("preload: nothing is preloaded, because PHP does not start with the recorded files")
    assert "Not enough shared memory for preloading" in site.tusk.log()
    assert site.get("/index.php").text == "Big1" and site.classes() == set()
    assert site.listed()["big.php"]["state"] == "left out"


def test_php_ends_after_a_class_that_cannot_be_linked(start_site):
    """Without that class PHP starts: it is left out, and the other files are preloaded. Its size ends PHP here."""
    texts = "".join(f"const TEXT{n} = '{n:07}" + "x" * 100_000 + "';\n" for n in range(200))
    files = {
        "index.php": "<?php foreach (['Returns', 'Unused', 'Big'] as $name) require \"src/$name.php\"; echo App\\Big::name();",
        "src/Big.php": "<?php namespace App; class Big extends Returns {\n" + texts
                       + "public static function name(): Unused|string { return 'big'; } }",
        **{path: APPLICATION[path] for path in ("src/Returns.php", "src/Unused.php", "state.php")},
    }
    site = start_site(*directives(memory_consumption=16, interned_strings_buffer=2), files=files)
    wait_for(lambda: site.get("/index.php").text == "big" and "src/Big.php" in site.listed(), "the list", poll_s=0.2)
    site.reload()
    assert site.classes() == {"App\\Returns"}
    assert "App\\Big cannot be linked" in site.listed()["src/Big.php"]["reason"]
    assert "nothing is preloaded" not in site.tusk.log()
    assert site.get("/index.php").text == "big"


@pytest.mark.parametrize("engine", ENGINES)
def test_php_crashes_by_a_class_that_cannot_be_linked(start_site, engine):
    """PHP 8.4 frees a comment of the class with each attempt to link it, if its trait has the same static property. In
    about half of all starts the heap is corrupt then, and PHP ends in one of several ways."""
    same = "".join(f"/** {'text ' * 20} */ public static array $p{n} = [];\n" for n in range(60))
    chain = {f"src/Z{n}.php": f"<?php class Z{n} " + (f"extends Z{n + 1} " if n < 20 else "") + "{}" for n in range(21)}
    files = {
        "index.php": "<?php spl_autoload_register(function ($name) { require __DIR__ . \"/src/$name.php\"; });"
                     "new Z0; echo (new User)->get()::class;",
        "src/Has.php": "<?php trait Has {\n" + same + "abstract function get(): Result; }",
        "src/Gets.php": "<?php trait Gets { function get(): Special { return new Special; } }",
        "src/User.php": "<?php class User { use Has; use Gets;\n" + same + "}",
        "src/Result.php": "<?php if (true) { class Result {} }",
        "src/Special.php": "<?php class Special extends Result {}",
        "state.php": APPLICATION["state.php"], **chain,
    }
    site = start_site(files=files, engine=engine)
    wait_for(lambda: site.get("/index.php").text == "Special" and "src/User.php" in site.listed(), "the list", poll_s=0.2)
    for _ in range(3):
        site.reload()
        assert site.classes() == {"Has", "Gets"} | {f"Z{n}" for n in range(21)}
    assert "link" in site.listed()["src/User.php"]["reason"]
    assert "nothing is preloaded" not in site.tusk.log()
    assert site.get("/index.php").text == "Special"


def test_a_list_that_cannot_be_written(start_site, tmp_path):
    (tmp_path / "file").touch()
    site = start_site(list_file=tmp_path / "file/list.json")
    site.tusk.wait_for_log("preload: nothing is recorded and preloaded reason=")
    assert site.get("/entry.php").text == "1"


def test_a_list_that_others_may_write(start_site, tmp_path):
    """What another user has listed is not compiled."""
    site = start_site()
    site.record("/index.php")
    path = tmp_path / "state/list.json"
    path.chmod(0o666)
    site.reload()
    site.tusk.wait_for_log("is not this user's alone")
    assert site.classes() == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_an_unprivileged_user(make_root, tmp_path):
    """The list is in the user's own directory. (Only `tusk preload`, whose way to the list is the same.)"""
    root = make_root({"index.php": "<?php"})
    for directory in (tmp_path, *tmp_path.parents):
        os.chmod(directory, os.stat(directory).st_mode | 0o005)
    done = subprocess.run(
        ["runuser", "-u", "nobody", "--", "env", f"HOME={tmp_path}/home", str(TUSK), "preload", "list",
         "--root", str(root), "--preload", "auto"], capture_output=True, text=True, timeout=60)
    if "error while loading shared libraries" in done.stderr:
        pytest.skip("PHP is built where another user cannot read it")
    assert re.match(rf"list: {tmp_path}/home/\.local/state/tusk/preload-[0-9a-f]{{16}}\.json\n", done.stdout), done


def test_a_script_of_the_operators_has_precedence(start_site, tmp_path):
    (tmp_path / "preload.php").write_text("<?php class Theirs {}")
    options = directives(preload=tmp_path / "preload.php")
    if os.geteuid() == 0:
        options += directives(preload_user="root")
    site = start_site(*options)
    site.tusk.wait_for_log("preload: it has no effect reason=.*opcache.preload is set, and has precedence")
    assert site.classes() == {"Theirs"} and not site.listed()


def test_clearing_the_list(start_site):
    site = start_site()
    site.record("/index.php")
    site.reload()
    assert run_tusk("preload", "clear", *site.options).returncode == 0
    assert site.classes() == PRELOADED
    site.reload()
    assert site.classes() == set()


def test_where_it_is_off(make_root, start_tusk, tmp_path):
    root = make_root({"index.php": "<?php"})
    done = run_tusk("preload", "list", "--root", root)
    assert done.returncode == 1 and "preload is off" in done.stderr
    done = run_tusk("preload", "show", "--root", root, "--preload", "auto")
    assert done.returncode == 2 and "tusk preload list, or tusk preload clear?" in done.stderr
    done = run_tusk("check", "--no-supervisor", "--root", root, "--preload", "auto")
    assert "has no effect without the supervisor" in done.stderr
    watching = start_tusk(root, "--watch", "default", "--preload", "auto", "--preload-file", tmp_path / "state/list.json")
    assert watching.get("/").status_code == 200 and not (tmp_path / "state").exists()
