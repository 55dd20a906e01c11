<?php
// Structures whose destruction, comparison or conversion recurses in C, and library functions that end
// by abort() or exit(). ?shape= says which, ?n= how deep.
namespace Deep;

ini_set('memory_limit', $_GET['memory'] ?? '2G');
set_time_limit(0);
$n = (int) ($_GET['n'] ?? 200000);

// ?output= sends so many MiB first.
for ($i = 0; $i < (int) ($_GET['output'] ?? 0); ++$i) {
    echo str_repeat('x', 1 << 20);
    flush();
}

class Node
{
    public $next = null;
}

function chain(int $n): Node
{
    $head = new Node();
    for ($i = 0; $i < $n; ++$i) {
        $node = new Node();
        $node->next = $head;
        $head = $node;
    }
    return $head;
}

function nested_array(int $n): array
{
    $a = [];
    for ($i = 0; $i < $n; ++$i) {
        $a = [$a];
    }
    return $a;
}

function nested_generator(int $n): \Generator
{
    $generator = (function () { yield 1; })();
    for ($i = 0; $i < $n; ++$i) {
        $generator = (function ($inner) { yield from $inner; })($generator);
    }
    return $generator;
}

$shapes = [
    'objects' => function () use ($n) { $a = chain($n); unset($a); },
    'fiber' => function () use ($n) {
        (new \Fiber(function () use ($n) { $a = chain($n); unset($a); }))->start();
    },
    'closures' => function () use ($n) {
        $f = fn() => 1;
        for ($i = 0; $i < $n; ++$i) {
            $f = function () use ($f) { return $f; };
        }
        unset($f);
    },
    'exceptions' => function () use ($n) {
        $e = null;
        for ($i = 0; $i < $n; ++$i) {
            $e = new \Exception('x', 0, $e);
        }
        unset($e);
    },
    'generators' => function () use ($n) { $g = nested_generator($n); unset($g); },
    'queues' => function () use ($n) {
        $q = new \SplQueue();
        for ($i = 0; $i < $n; ++$i) {
            $outer = new \SplQueue();
            $outer->enqueue($q);
            $q = $outer;
        }
        unset($q, $outer);
    },
    'arrays' => function () use ($n) {
        $a = nested_array($n);
        $b = nested_array($n);
        return $a == $b;
    },
    'unserialize' => function () use ($n) {
        $text = str_repeat('a:1:{i:0;', $n) . 'i:1;' . str_repeat('}', $n);
        $a = unserialize($text, ['max_depth' => 0]);
        unset($a);
    },
    'clone_node' => function () use ($n) {
        $document = new \DOMDocument();
        @$document->loadHTML(str_repeat('<div>', $n), LIBXML_PARSEHUGE);
        $copy = $document->documentElement->cloneNode(true);
    },
    // Not a structure: the version on which clone_node depends.
    'libxml' => fn() => LIBXML_VERSION,
    'tidy' => function () use ($n) { tidy_parse_string(str_repeat($_GET['tag'] ?? '<b>', $n)); },
    'gmp_pow' => function () { return gmp_pow(2, PHP_INT_MAX); },
    'gmp_fact' => function () { return gmp_fact(1 << 40); },
    'transliterator' => function () use ($n) {
        return \Transliterator::createFromRules(str_repeat('(', $n));
    },
    'xslt' => function () {
        $sheet = new \DOMDocument();
        $sheet->loadXML('<xsl:stylesheet version="1.0" '
            . 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            . '<xsl:template match="/"><xsl:call-template name="r"/></xsl:template>'
            . '<xsl:template name="r"><xsl:call-template name="r"/></xsl:template>'
            . '</xsl:stylesheet>');
        $processor = new \XSLTProcessor();
        $processor->maxTemplateDepth = 1 << 30;
        $processor->maxTemplateVars = 1 << 30;
        $processor->importStylesheet($sheet);
        $processor->transformToXml(new \DOMDocument());
    },
    'append_xml' => function () use ($n) {
        $document = new \DOMDocument();
        $fragment = $document->createDocumentFragment();
        @$fragment->appendXML(str_repeat('<a>', $n));
    },
    'pattern_generator' => function () {
        return new \IntlDatePatternGenerator('aaaaaaaaaaaa');
    },
    'vfprintf' => function () {
        $stream = fopen('php://memory', 'w+');
        $argument = new class ($stream) {
            public function __construct(private $stream) {}
            public function __toString(): string
            {
                fclose($this->stream);
                return str_repeat('x', 100000);
            }
        };
        vfprintf($stream, '%s', [$argument]);
    },
    'break_iterator' => function () use ($n) {
        return new \IntlRuleBasedBreakIterator(str_repeat("\0", $n));
    },
    'soap_fault' => function () use ($n) {
        $detail = (object) ['x' => 1];
        for ($i = 0; $i < $n; ++$i) {
            $detail = (object) ['x' => $detail];
        }
        $server = new \SoapServer(null, ['uri' => 'urn:x']);
        ob_start();
        $server->fault('Server', 'x', 'actor', $detail);
    },
    // User code that recurses through C: an Error, whatever the stack's size.
    'recursion' => function () {
        $f = function () use (&$f) { return array_map($f, [1]); };
        try {
            $f();
        } catch (\Error $e) {
            return substr($e->getMessage(), 0, 23);
        }
    },
    'fibers' => function () use ($n) {
        $fibers = [];
        for ($i = 0; $i < $n; ++$i) {
            $fibers[] = $fiber = new \Fiber(fn() => \Fiber::suspend(1));
            $fiber->start();
        }
        foreach ($fibers as $fiber) {
            $fiber->resume();
        }
        return count($fibers);
    },
];

if (isset($_GET['begin'])) {
    echo $_GET['begin'];
    flush();
}
$result = $shapes[$_GET['shape']]();
echo is_scalar($result) ? "done: $result" : 'done';
