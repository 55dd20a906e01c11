<?php
// A child that lives until the file ?until= exists, and records its steps in ?trace=.
header('X-Parent: yes');
echo "before\n";
if (isset($_GET['flush'])) {
    flush();
}
class Witness
{
    public function __construct(public string $file, public int $pid) {}
    public function __destruct()
    {
        $who = getmypid() === $this->pid ? 'parent' : 'child';
        file_put_contents($this->file, "$who destructed\n", FILE_APPEND);
    }
}
$trace = $_GET['trace'];
$parent = getmypid();
$witness = new Witness($trace, $parent);
register_shutdown_function(function () use ($trace, $parent) {
    if (getmypid() !== $parent) {
        file_put_contents($trace, "child shut down\n", FILE_APPEND);
        echo 'output of a shutdown function in the child';
    }
});
$child = pcntl_fork();
if ($child === 0) {
    if (isset($_GET['setsid'])) {
        posix_setsid();
    }
    header('X-Child: yes');
    http_response_code(418);
    echo str_repeat('output of the child ', 100_000);
    flush();
    setcookie('child', '1');
    error_log('the child speaks');
    file_put_contents($trace, "child runs\n", FILE_APPEND);
    while (isset($_GET['until']) && !file_exists($_GET['until'])) {
        usleep(2000);
        clearstatcache();
    }
    // Code that the parent has not compiled.
    eval('function compiled_in_child() { return 5; }');
    require __DIR__ . '/fork_included.php';
    exit(compiled_in_child() + included_in_child());
}
if (isset($_GET['wait'])) {
    pcntl_waitpid($child, $status);
    echo 'child ended with ', pcntl_wexitstatus($status), "\n";
}
echo $child > 0 ? "parent\n" : "no child\n";
