<?php
// Is for some time at the line that ends in "// ?in=NAME", and then answers what it would answer if
// nobody had looked. tests/integration/backtrace_test.py holds ?lock= until it has looked.

function waits(string $where): string
{
    $file = fopen($_GET['lock'], 'r');
    // The calls below come here from very different frames.
    return flock($file, LOCK_SH) ? "$where got it" : 'failed'; // ?in=waits
}

function case_flock(): string
{
    return waits('flock'); // ?in=flock
}

function case_sleep(): string
{
    $begin = hrtime(true);
    $left = sleep(1); // ?in=sleep
    return $left . (hrtime(true) - $begin >= 1e9 ? ' slept' : ' woke early');
}

function case_usleep(): string
{
    $begin = hrtime(true);
    usleep(1_000_000); // ?in=usleep
    return hrtime(true) - $begin >= 1e9 ? 'slept' : 'woke early';
}

function case_nanosleep(): string
{
    $begin = hrtime(true);
    $slept = time_nanosleep(1, 0); // ?in=nanosleep
    return json_encode($slept) . (hrtime(true) - $begin >= 1e9 ? ' slept' : ' woke early');
}

function case_sqlite(): string
{
    $database = new PDO('sqlite:' . $_GET['database'], options: [PDO::ATTR_TIMEOUT => 60]);
    $database->exec('INSERT INTO t VALUES (1)'); // ?in=sqlite
    return (string) $database->query('SELECT count(*) FROM t')->fetchColumn();
}

function case_http(): string
{
    ini_set('default_socket_timeout', '60');
    return file_get_contents("http://127.0.0.1:$_GET[port]/"); // ?in=http
}

function case_curl(): string
{
    $curl = curl_init("http://127.0.0.1:$_GET[port]/");
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    return curl_exec($curl); // ?in=curl
}

function case_select(): string
{
    $read = [stream_socket_client("tcp://127.0.0.1:$_GET[port]")];
    fwrite($read[0], "GET / HTTP/1.0\r\n\r\n");
    $none = null;
    return stream_select($read, $none, $none, 60) . ' ready'; // ?in=select
}

function case_process(): string
{
    $process = proc_open(['flock', '-s', $_GET['lock'], 'true'], [], $pipes);
    return 'status ' . proc_close($process); // ?in=process
}

function case_busy(): string
{
    for ($sum = 0, $i = 1; $i % 50_000 !== 0 || !file_exists($_GET['go']); ++$i) { $sum = ($sum * 31 + $i) % 1_000_003; } // ?in=busy
    for ($check = 0, $j = 1; $j < $i; ++$j) {
        $check = ($check * 31 + $j) % 1_000_003;
    }
    return $sum === $check ? 'right' : 'wrong';
}

// Neither waits nor comes to an instruction.
function case_computes(): string
{
    return hash_pbkdf2('sha256', 'secret', 'salt', 3_000_000); // ?in=computes
}

function inner(): Generator
{
    yield waits('generator'); // ?in=inner
}

function middle(): Generator
{
    yield from inner(); // ?in=middle
}

function outer(): Generator
{
    yield from middle(); // ?in=outer
}

function case_generator(): string
{
    foreach (outer() as $value) { // ?in=generator
        return $value;
    }
}

function case_fiber(): string
{
    $fiber = new Fiber(function (): string {
        Fiber::suspend();
        return waits('fiber'); // ?in=fiber
    });
    $fiber->start();
    $fiber->resume(); // ?in=resume
    return $fiber->getReturn();
}

function case_output(): string
{
    ob_start(fn (string $text) => $text . waits('output')); // ?in=output
    echo 'buffered, ';
    ob_end_flush(); // ?in=flush
    return '';
}

class Destroyed
{
    public string $result;

    public function __destruct()
    {
        $GLOBALS['destroyed'] = waits('destructor'); // ?in=destructor
    }
}

function case_destructor(): string
{
    $object = new Destroyed();
    $object = null; // ?in=null
    return $GLOBALS['destroyed'];
}

function case_shutdown(): string
{
    register_shutdown_function(function () {
        echo waits('shutdown'); // ?in=shutdown
    });
    return '';
}

function deeper(int $levels): string
{
    return $levels === 0 ? waits('deep') : deeper($levels - 1); // ?in=deep
}

function case_deep(): string
{
    return deeper(100_000);
}

// Names are the script's choice, also of files.
function case_hostile(): string
{
    $name = "\u{85}\xff" . str_repeat('very', 1000);
    eval("function $name() { return include \$_GET['file']; }");
    $object = new class {
        public function __call(string $function, array $arguments): string
        {
            return $function(); // ?in=hostile
        }
    };
    return $object->{$name}();
}

ini_set('memory_limit', '512M');
echo "case_$_GET[in]"(), "\n"; // ?in=main
