<?php
// Handlers that attack what surrounds a request of a resident script, for
// tests/integration/resident_hostile_test.py. ?do= chooses one.

class Speaks
{
    public function __construct(private string $how)
    {
    }

    public function __destruct()
    {
        match ($this->how) {
            'echo' => print 'secret',
            'header' => header('X-Secret: secret'),
            'throw' => throw new Exception('secret'),
            'fatal' => str_repeat('x', 1 << 30),
            'handle' => tusk_handle_request(fn() => print 'secret'),
        };
    }
}

class FailingSessions implements SessionHandlerInterface
{
    public function open($path, $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read($id): string
    {
        return '';
    }

    public function write($id, $data): bool
    {
        if (($_GET['do'] ?? '') === 'session') {
            str_repeat('x', 1 << 30);
        }
        return true;
    }

    public function destroy($id): bool
    {
        return true;
    }

    public function gc($lifetime): int
    {
        return 0;
    }
}

if (getenv('TEST_BOOT') === 'reset') {
    opcache_reset();
}
if (getenv('TEST_BOOT') === 'input') {
    $input = fopen('php://input', 'r');
}
$kept = str_repeat('x', 8 << 20);
session_set_save_handler(new FailingSessions(), false);
$handler = function () {
    $how = $_GET['how'] ?? '';
    switch ($_GET['do'] ?? '') {
        case 'session':
            session_start();
            $_SESSION['a'] = 1;
            return;
        case 'get':
            $_GET['o'] = new Speaks($how);
            return;
        case 'server':
            $_SERVER['o'] = new Speaks($how);
            return;
        case 'error_handler':
            $object = new Speaks($how);
            set_error_handler(fn() => $object);
            return;
        case 'body':
            echo strlen(file_get_contents('php://input')), ' ', count(get_resources());
            return;
    }
    echo 'clean';
};
do {
    ob_start(function ($text) use ($handler) {
        try {
            tusk_handle_request($handler);
        } catch (RuntimeException) {
        }
        return $text;
    });
} while (tusk_handle_request($handler));
