<?php
// A resident script whose application keeps things from one request to the next.

$booted = 0;
$process = null;
ini_set('precision', '10');
$handler = static function () use (&$booted, &$process): void {
    switch ($_GET['step']) {
        case 'count':
            echo ++$booted, ' ', getmypid() > 0 ? ini_get('precision') : '';
            ini_set('precision', '3');
            break;
        case 'start':
            $process = proc_open(['sh', '-c', 'exit 3'], [], $pipes);
            echo 'started';
            break;
        case 'exit code':
            do {
                $status = proc_get_status($process);
            } while ($status['running']);
            proc_close($process);
            $process = null;
            echo $status['exitcode'];
            break;
        case 'leave child':
            exec('true');
            proc_open(['true'], [], $pipes);
            echo 'left';
            break;
        case 'children':
            echo pcntl_waitpid(-1, $status, WNOHANG);
            break;
        case 'fork':
            $child = pcntl_fork();
            echo $child > 0 ? 'parent' : 'child';
            if ($child > 0) {
                pcntl_waitpid($child, $status);
            }
            break;
        case 'resources':
            strlen(file_get_contents('php://input'));
            echo count(get_resources());
            break;
        case 'include':
            echo include $_GET['file'];
            break;
        case 'transaction':
            static $database = new PDO('sqlite::memory:');
            $database->inTransaction() || $database->beginTransaction();
            echo json_encode($database->inTransaction());
            break;
    }
};
while (tusk_handle_request($handler)) {
}
