<?php
// A resident script for tests/integration/resident_doctor_test.py: each `do` leaves something else.

class LastUser
{
    public static ?string $name = null;
    private static array $history = [];
    public static ?PDO $database = null;

    public static function remember(string $name): void
    {
        self::$name = $name;
    }

    public static function append(string $what): void
    {
        self::$history[] = $what;
    }
}

class Registry
{
    private array $services = [];
    private bool $booted = true;

    public function add(object $service): void
    {
        $this->services[] = $service;
    }

    public function __get(string $name): mixed
    {
        throw new Exception('no PHP code of the application runs for the doctor');
    }
}

class Service
{
}

function counted(): int
{
    static $calls = 0;
    return ++$calls;
}

class MyPdo extends PDO
{
    public function inTransaction(): bool
    {
        throw new Exception('no PHP code of the application runs for the doctor');
    }
}

$registry = new Registry();
$bag = new stdClass();
$total = 0;

$handler = function () use ($registry) {
    switch ($_GET['do'] ?? '') {
        case 'array':
            LastUser::append(str_repeat('h', 50));
            break;
        case 'user':
            LastUser::remember($_GET['user']);
            break;
        case 'global':
            ++$GLOBALS['total'];
            break;
        case 'new_global':
            $GLOBALS['forgotten'] = 'secret';
            break;
        case 'static':
            counted();
            break;
        case 'service':
            $registry->add(new Service());
            break;
        case 'file':
            $GLOBALS['bag']->file = fopen(getenv('TEST_FILE'), 'r');
            break;
        case 'transaction':
            LastUser::$database ??= new MyPdo('sqlite::memory:');
            LastUser::$database->beginTransaction();
            break;
        case 'exit':
            exit('ok');
    }
    // What a request makes and drops, cycles too, is no finding.
    $cycle = new stdClass();
    $cycle->self = $cycle;
    $cycle->data = [$_SERVER, random_bytes(random_int(10, 1000))];
    echo 'ok';
};

// The loop's own variables are no findings.
for ($served = 0; frankenphp_handle_request($handler); ++$served) {
    $last = "request $served";
}
