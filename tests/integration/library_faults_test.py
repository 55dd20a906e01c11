"""Defects of PHP and of libraries that crashed a process, and that tusk prevents."""

import json
from urllib.parse import quote

import pytest

FRAGMENT = """<?php
    libxml_use_internal_errors(true);
    $kept = [];
    for ($i = 0; $i < 30; $i++) {
        $d = new DOMDocument;
        $d->loadXML('<root/>');
        $f = $d->createDocumentFragment();
        $xml = str_replace('DEEP', str_repeat('<a>', (int) $_GET['depth']), $_GET['xml'])
             . str_repeat('</a>', (int) $_GET['depth']);
        $taken = $f->appendXML($xml);
        $d->documentElement->appendChild($taken ? $f : $d->createElement('none'));
        $kept[] = $d->saveXML();
    }
    $errors = array_map(fn($e) => trim($e->message), libxml_get_errors());
    echo json_encode([$taken, count(array_unique($kept)), $errors[0] ?? '', strlen(end($kept))]);
"""

CLOSING = """<?php
    $f = fopen('php://temp', 'w+');
    $said = [];
    set_error_handler(function ($level, $text) use (&$said) { $said[] = $text; return true; });
    final class Closes {
        function __construct(public $f) {}
        function __toString() { return var_export(fclose($this->f), true); }
    }
    $closes = new Closes($f);
    match ($_GET['how']) {
        'fprintf' => fprintf($f, '%s %s', $closes, $closes),
        'vfprintf' => vfprintf($f, '%s %s', [$closes, $closes]),
        'fputcsv' => fputcsv($f, [$closes, $closes], ' ', '"', ''),
        'nested' => fprintf($f, '%s', new class($f, $closes) {
            function __construct(public $f, public $closes) {}
            function __toString() { fprintf($this->f, '%s ', $this->closes); return "$this->closes"; }
        }),
        'fpassthru' => (function () use ($f, $closes) {
            fwrite($f, str_repeat('x', 1 << 20));
            rewind($f);
            $during = true;
            ob_start(function ($text) use (&$during, $closes) {
                return $during && "$closes" !== 'false' ? 'closed' : '';
            }, 4096);
            fpassthru($f);
            $during = false;
            ob_end_clean();
            ftruncate($f, 0);
            rewind($f);
            fwrite($f, 'false false');
        })(),
    };
    rewind($f);
    $text = trim(stream_get_contents($f));
    echo json_encode([$text, fclose($f), count($said) > 0]);
"""


LOCALE = """<?php
    $locale = $_GET['locale'];
    if (isset($_GET['default'])) { Locale::setDefault($locale); $locale = null; }
    try {
        new IntlDatePatternGenerator($locale);
        $made = 'made';
    } catch (IntlException $e) {
        $made = get_class($e);
    }
    echo json_encode([$made, IntlDatePatternGenerator::create($locale)?->getBestPattern('yM'),
        IntlDateFormatter::formatObject(new DateTime('@0'), null, $locale),
        datefmt_format_object(new DateTime('@0'), 'yyyy', $locale)]);
"""


PATTERN = """<?php
    $bad = match ($_GET['bad']) {
        'nested' => '{"a":' . str_repeat('[', 5000), 'open' => '{', 'plural' => '{0,plural,',
        'choice' => '{0,choice,1}', 'name' => '{0,number} {-}',
    };
    $answers = [];
    for ($i = 0; $i < 50; $i++) {
        $f = new MessageFormatter('en', '{0,number} {1}');
        $said = null;
        try {
            switch ($_GET['how']) {
                case 'again': $f->__construct('en', $bad); break;
                case 'subclass':
                    $f = new class('en', $bad) extends MessageFormatter {
                        function __construct($locale, $pattern) {
                            try { parent::__construct($locale, $pattern); } catch (IntlException) {}
                        }
                    };
                    break;
                case 'set': $said = [$f->setPattern($bad), $f->getErrorCode() > 0]; break;
                case 'function': $said = [msgfmt_set_pattern($f, $bad), $f->getErrorCode() > 0]; break;
            }
        } catch (IntlException) { $said = 'IntlException'; }
        $answer = [$said];
        foreach ([['parse', '1 b'], ['format', [1, 'b']], ['getPattern'], ['getLocale'],
                  ['setPattern', '{0}'], ['format', ['x']]] as $call) {
            $method = array_shift($call);
            try { $answer[] = $f->$method(...$call); } catch (Error $e) { $answer[] = get_class($e); }
        }
        $answers[] = json_encode($answer);
    }
    echo count(array_unique($answers)), $answers[0];
"""


CONSTRUCT = """<?php
    class Mine extends SimpleXMLElement {}
    $answers = [];
    for ($i = 0; $i < 50; $i++) {
        $x = match ($_GET['made']) {
            'new' => new SimpleXMLElement('<a><b/></a>'),
            'child' => new Mine('<a><b/></a>'),
            'iterator' => new SimpleXMLIterator('<a><b/></a>'),
            'loaded' => simplexml_load_string('<a><b/></a>'),
            'clone' => clone new SimpleXMLElement('<a><b/></a>'),
        };
        $same = $x->xpath('/*')[0];
        $dom = dom_import_simplexml($x);
        $said = [];
        foreach (['<c/>', '<a><b/></a>', 'none'] as $text) {
            try { $x->__construct($text); $said[] = 'constructed'; }
            catch (Error $e) { $said[] = $e->getMessage(); }
        }
        $kept = array_fill(0, 100, str_repeat('x', 20));
        $answers[] = json_encode([array_unique($said), count($same), $x->getName(), $dom->tagName]);
    }
    // A constructor that has failed may be called again.
    $x = (new ReflectionClass('SimpleXMLElement'))->newInstanceWithoutConstructor();
    try { @$x->__construct('none'); } catch (Exception) { $x->__construct('<d/>'); }
    echo count(array_unique($answers)), $answers[0], $x->getName();
"""


ZIP = """<?php
$file = $_GET['file'];
function made(string $file): ZipArchive {
    $z = new ZipArchive;
    $z->open($file, ZipArchive::CREATE | ZipArchive::OVERWRITE);
    $z->addFromString('a', 'old'); $z->addFromString('b', 'c');
    $z->setCommentName('a', 'the first');
    $z->setMtimeName('a', 1_000_000_000);
    $z->close();
    $z->open($file);
    return $z;
}
$changes = [
    'nothing' => fn($z) => true,
    'data' => fn($z) => $z->addFromString('a', 'new'),
    'same_data' => fn($z) => $z->addFromString('a', 'old'),
    'file' => fn($z) => $z->replaceFile(__FILE__, 0),
    'rename' => fn($z) => $z->renameName('a', 'q'),
    'time' => fn($z) => $z->setMtimeName('a', 1_100_000_000),
    'same_time' => fn($z) => $z->setMtimeName('a', 1_000_000_000),
    'near_time' => fn($z) => $z->setMtimeName('a', 1_000_000_001),
    'compression' => fn($z) => $z->setCompressionName('a', ZipArchive::CM_STORE),
    'bzip2' => fn($z) => $z->setCompressionName('a', ZipArchive::CM_BZIP2),
    'attributes' => fn($z) => $z->setExternalAttributesName('a', ZipArchive::OPSYS_UNIX, 0777 << 16),
    'encryption' => fn($z) => $z->setEncryptionName('a', ZipArchive::EM_AES_256, 'secret'),
];
$out = [];
for ($i = 0; $i < 20; $i++) {
    $z = made($file);
    $answer = [$changes[$_GET['change']]($z)];
    $answer[] = $z->setCommentIndex(0, 'second');
    $kept = array_fill(0, 50, str_repeat('x', 30));
    $answer[] = $z->getCommentIndex(0);
    $answer[] = $z->setCommentIndex(0, '');
    $answer[] = $z->setCommentIndex(0, 'the first');
    $answer[] = $z->setCommentIndex(0, 'third');
    $answer[] = $z->close();
    $z->open($file);
    $answer[] = $z->getCommentIndex(0);
    $answer[] = $z->setCommentIndex(0, 'last');
    $answer[] = $z->close();
    $z->open($file);
    $answer[] = $z->getCommentIndex(0);
    $z->close();
    $out[] = json_encode($answer);
}
unlink($file);
echo count(array_unique($out)), $out[0];
"""


CONNECT = """<?php
    mysqli_report((int) $_GET['report']);
    class Mine extends mysqli {}
    $to = ['127.0.0.1', 'user', 'password', 'database', 1];
    $answers = [];
    for ($i = 0; $i < 20; $i++) {
        $m = $_GET['made'] === 'child' ? new Mine : new mysqli;
        try {
            $said = [match ($_GET['how']) {
                'connect' => @$m->connect(...$to), 'construct' => @$m->__construct(...$to),
            }];
        } catch (mysqli_sql_exception $e) { $said = [get_class($e)]; }
        foreach (['error', 'errno', 'error_list', 'sqlstate'] as $name) {
            try { $said[] = $m->$name; } catch (Error $e) { $said[] = get_class($e); }
        }
        try { $said[] = $m->query('SELECT 1'); } catch (Error $e) { $said[] = get_class($e); }
        $said[] = strlen(print_r($m, true)) > 10;
        try { $said[] = @$m->connect(...$to); } catch (mysqli_sql_exception $e) { $said[] = get_class($e); }
        $said[] = $m->connect_errno;
        $answers[] = json_encode($said);
    }
    echo count(array_unique($answers)), $answers[0];
"""


CURRENCY = """<?php
    $f = match ($_GET['kind']) {
        'currency' => new NumberFormatter('en_US', NumberFormatter::CURRENCY),
        'decimal' => new NumberFormatter('en_US', NumberFormatter::DECIMAL),
        'rules' => new NumberFormatter('en', NumberFormatter::SPELLOUT),
        'rules_us' => new NumberFormatter('en_US', NumberFormatter::SPELLOUT),
    };
    $offset = isset($_GET['offset']) ? (int) $_GET['offset'] : null;
    $currency = null;
    $amount = $offset === null ? $f->parseCurrency($_GET['text'], $currency)
        : $f->parseCurrency($_GET['text'], $currency, $offset);
    echo json_encode([$amount, $currency, $offset, $f->getErrorCode() > 0]);
"""


@pytest.fixture(scope="module")
def tusk(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "fragment.php").write_text(FRAGMENT)
    (root / "closing.php").write_text(CLOSING)
    (root / "locale.php").write_text(LOCALE)
    (root / "pattern.php").write_text(PATTERN)
    (root / "construct.php").write_text(CONSTRUCT)
    (root / "zip.php").write_text(ZIP)
    (root / "connect.php").write_text(CONNECT)
    (root / "currency.php").write_text(CURRENCY)
    return start_module_tusk(root, "--workers", 2)


def append(tusk, depth: int, xml: str = "DEEP") -> list:
    answer = tusk.get("/fragment.php", params={"depth": depth, "xml": xml})
    assert answer.status_code == 200
    return json.loads(answer.text)


@pytest.mark.parametrize("xml", ["DEEP", "<b/>DEEP", '<b c="/">x</b>DEEP', "<!-- <a> -->DEEP"])
def test_a_fragment_that_is_nested_too_deep(tusk, xml):
    """libxml2 2.9.14 frees memory that it must not free: the fragment is refused with libxml2's
    own error. One level less is accepted."""
    for depth in (257, 258, 1000):
        taken, kinds, error, _ = append(tusk, depth, xml)
        assert (taken, kinds) == (False, 1) and error.startswith("Excessive depth in document")
    taken, kinds, error, length = append(tusk, 256, xml)
    assert (taken, kinds, error) == (True, 1, "") and length > 256 * 3


@pytest.mark.parametrize("how", ["fprintf", "vfprintf", "fputcsv", "nested", "fpassthru"])
def test_a_stream_that_is_closed_while_it_is_used(tusk, how):
    """fclose() fails while the function runs, and works after it."""
    for _ in range(20):
        answer = tusk.get("/closing.php", params={"how": how})
        assert answer.status_code == 200, answer.text
        assert answer.json() == ["false false", True, True]


@pytest.mark.parametrize("query", ["", "&default=1"])
@pytest.mark.parametrize(
    ("locale", "taken"),
    [("a" * 11, True), ("a" * 12, False), ("9" * 20, False), ("i-aaaaaaaaaa", False),
     ("x_aaaaaaaaaaaaaaa_DE", False), ("de,en;q=0.8,fr", True), ("\xff" * 13, False)],
)
def test_an_invalid_locale(tusk, locale, taken, query):
    """ICU 72 reads through a null pointer. The functions fail as they do for other reasons."""
    usual = tusk.get(f"/locale.php?locale=en{query}").json()
    assert usual[0] == "made" and usual[1] == "M/y" and "1970" in usual[2] and usual[3] == "1970"
    answer = tusk.get("/locale.php" + f"?locale={quote(locale, encoding='latin-1')}{query}")
    assert answer.status_code == 200
    made, pattern, text, _ = answer.json()
    if not taken:
        assert (made, pattern, text) == ("IntlException", None, False)
    else:
        assert made == "made" and pattern


@pytest.mark.parametrize("bad", ["nested", "open", "plural", "choice", "name"])
@pytest.mark.parametrize("how", ["again", "subclass", "set", "function"])
def test_a_message_pattern_that_is_refused(tusk, how, bad):
    """ICU then keeps half a pattern, and reads beyond it when the object is used. An object
    whose constructor failed cannot be used; one whose new pattern was refused keeps its old
    pattern."""
    answer = tusk.get(f"/pattern.php?how={how}&bad={bad}")
    assert answer.status_code == 200
    if how in ("set", "function"):
        rest = [[1, "b"], "1 b", "{0,number} {1}", "en", True, "x"]
        assert answer.text == "1" + json.dumps([[False, True], *rest], separators=(",", ":"))
    else:
        said = "IntlException" if how == "again" else None
        assert answer.text == "1" + json.dumps([said, *["Error"] * 6], separators=(",", ":"))


@pytest.mark.parametrize(
    ("made", "name"),
    [("new", "SimpleXMLElement"), ("child", "Mine"), ("iterator", "SimpleXMLIterator"),
     ("loaded", "SimpleXMLElement"), ("clone", "SimpleXMLElement")],
)
def test_a_constructor_that_is_called_again(tusk, made, name):
    """SimpleXMLElement would release its document twice."""
    answer = tusk.get(f"/construct.php?made={made}")
    said = [[f"{name} object is already constructed"], 1, "a", "a"]
    assert (answer.status_code, answer.text) == (200, "1" + json.dumps(said, separators=(",", ":")) + "d")


@pytest.mark.parametrize(
    ("change", "taken"),
    [("nothing", True), ("same_time", True), ("near_time", True), ("compression", True),
     ("data", False), ("same_data", False), ("file", False), ("rename", False), ("time", False),
     ("bzip2", False), ("attributes", False), ("encryption", False)],
)
def test_a_comment_of_an_entry_that_was_changed(tusk, tmp_path, change, taken):
    """libzip 1.7.3 would free the comment twice: the comment cannot be changed until the archive
    is opened again."""
    answer = tusk.get("/zip.php", params={"change": change, "file": tmp_path / "archive.zip"})
    if taken:
        said = [True, True, "second", True, True, True, True, "third", True, True, "last"]
    else:
        said = [True, False, "the first", False, True, False, True, "the first", True, True, "last"]
    assert (answer.status_code, answer.text) == (200, "1" + json.dumps(said, separators=(",", ":")))


@pytest.mark.parametrize("report", [0, 3], ids=["silent", "throwing"])
@pytest.mark.parametrize("made", ["new", "child"])
@pytest.mark.parametrize("how", ["connect", "construct"])
def test_a_connection_to_a_database_that_failed(tusk, how, made, report):
    """mysqli reads through a null pointer when an application reads the object's properties, for
    example to log the reason. They throw an Error, and the object may connect again."""
    answer = tusk.get(f"/connect.php?how={how}&made={made}&report={report}")
    failed = "mysqli_sql_exception" if report else False
    said = [failed, *["Error"] * 5, True, failed, 2002]
    assert (answer.status_code, answer.text) == (200, "1" + json.dumps(said, separators=(",", ":")))


@pytest.mark.parametrize(
    ("kind", "text", "offset", "answer"),
    [
        ("currency", "$1.50", None, [1.5, "USD", None, False]),
        ("currency", "$1.50", 0, [1.5, "USD", 5, False]),
        ("currency", "$1.50$2.25", 5, [2.25, "USD", 10, False]),
        ("currency", "$1.50", 5, [False, None, 5, True]),
        ("currency", "$1.50", 50, [False, None, 50, True]),
        ("currency", "$1.50", -1, [False, None, -1, True]),
        ("currency", "", 0, [False, None, 0, True]),
        ("currency", "none", None, [False, None, None, True]),
        ("decimal", "1.50", 1, [False, None, 4, True]),
        ("rules", "one", None, [False, None, None, True]),
        ("rules_us", "one", 0, [False, None, 0, True]),
    ],
)
def test_an_invalid_currency(tusk, kind, text, offset, answer):
    """ICU 72 reads an amount that it has not found."""
    query = {"kind": kind, "text": text} | ({} if offset is None else {"offset": offset})
    response = tusk.get("/currency.php", params=query)
    assert (response.status_code, response.json()) == (200, answer)
