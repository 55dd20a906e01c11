<?php
// Leaves, or tries to: ?how= (an exit, an exception, a fatal error …) ?where= (a destructor, a
// comparison, an output callback …). Every pair is tested; abuse_test.py says what a client may see.
const HOWS = ['exit', 'throw', 'error', 'fatal', 'memory', 'recursion', 'hang'];

function leave(string $how): void
{
    switch ($how) {
        case 'exit':
            exit('left ');
        case 'throw':
            throw new LogicException('thrown on the way out');
        case 'error':
            no_such_function_on_the_way_out();
        case 'fatal':
            eval('class Twice {} class Twice {}');
        case 'memory':
            ini_set('memory_limit', (string) (memory_get_usage(true) + 4_000_000));
            str_repeat('x', 100_000_000);
        case 'recursion':
            leave($how);
        case 'hang':
            while (true) {
            }
    }
}

class Leaves implements Iterator
{
    public mixed $context;
    public function __construct(public string $how) {}
    public function __toString(): string { leave($this->how); return ''; }
    public function __get(string $name): mixed { leave($this->how); return null; }
    public function __call(string $name, array $arguments): mixed { leave($this->how); return null; }
    public function __serialize(): array { leave($this->how); return []; }
    public function current(): mixed { leave($this->how); return null; }
    public function key(): mixed { return 0; }
    public function next(): void {}
    public function rewind(): void {}
    public function valid(): bool { return true; }
    public function stream_open(): bool { leave($GLOBALS['how']); return false; }
}

class LeavesLate
{
    public function __construct(public string $how) {}
    public function __destruct() { leave($this->how); }
}

$how = $_GET['how'];
$leaves = new Leaves($how);
echo 'script ';
match ($_GET['where']) {
    'script' => leave($how),
    'include' => include 'data://text/plain,<?php leave($how);',
    'eval' => eval('leave($how);'),
    'autoload' => spl_autoload_register(fn () => leave($how)) && new No\Such\Class_(),
    'destructor' => (function () use ($how) { $GLOBALS['late'] = new LeavesLate($how); })(),
    'destructor_at_once' => (function () use ($how) { new LeavesLate($how); })(),
    'destructor_of_garbage' => (function () use ($how) {
        $cycle = new LeavesLate($how);
        $cycle->self = $cycle;
        unset($cycle);
        gc_collect_cycles();
    })(),
    'shutdown' => register_shutdown_function(fn () => leave($how)),
    'shutdown_in_shutdown' => register_shutdown_function(
        fn () => register_shutdown_function(fn () => leave($how))
    ),
    'output_callback' => ob_start(function () use ($how) { leave($how); return ''; }),
    'nested_output' => ob_start(fn ($text) => $text) && ob_start(function () use ($how) {
        leave($how);
        return '';
    }),
    'header_callback' => header_register_callback(fn () => leave($how)),
    'error_handler' => (function () use ($how) {
        set_error_handler(fn () => leave($how));
        echo $undefined;
    })(),
    'exception_handler' => (function () use ($how) {
        set_exception_handler(fn () => leave($how));
        throw new RuntimeException('first');
    })(),
    'finally' => (function () use ($how) {
        try {
            throw new RuntimeException('first');
        } finally {
            leave($how);
        }
    })(),
    'generator' => iterator_to_array((function () use ($how) { yield 1; leave($how); })()),
    'generator_left_open' => (function () use ($how) {
        $GLOBALS['generator'] = (function () use ($how) { try { yield 1; } finally { leave($how); } })();
        $GLOBALS['generator']->current();
    })(),
    'fiber' => (new Fiber(fn () => leave($how)))->start(),
    'fiber_left_open' => (function () use ($how) {
        $GLOBALS['fiber'] = new Fiber(function () use ($how) {
            try {
                Fiber::suspend();
            } finally {
                leave($how);
            }
        });
        $GLOBALS['fiber']->start();
    })(),
    'sort' => (function () use ($how) {
        $numbers = range(1, 20);
        usort($numbers, fn ($a, $b) => leave($how) ?? 0);
    })(),
    'callback' => preg_replace_callback('/./', fn () => leave($how), 'text'),
    'map' => array_map(fn () => leave($how), [1, 2]),
    'string' => strlen($leaves),
    'property' => $leaves->nothing,
    'method' => $leaves->nothing(),
    'serialize' => serialize($leaves),
    'iterator' => iterator_count(new IteratorIterator($leaves)) ?: iterator_to_array($leaves),
    'stream_wrapper' => stream_wrapper_register('leaves', Leaves::class) && fopen('leaves://x', 'r'),
    'session' => (function () use ($how) {
        session_set_save_handler(new class($how) extends SessionHandler {
            public function __construct(private string $how) {}
            public function write(string $id, string $data): bool { leave($this->how); return true; }
        });
        session_start();
        $_SESSION['x'] = 1;
    })(),
    'finished' => tusk_finish_request() && leave($how),
};
echo 'end';
