<?php
// A resident script for tests/integration/resident_doctor_databases_test.py: a connection of each extension, which a
// request uses as its `do` says.

class MyMysqli extends mysqli
{
    public function __get(string $name): mixed
    {
        throw new Exception('no PHP code of the application runs for the doctor');
    }
}

class Connections
{
    public static ?object $of_request = null;
}

function open(string $kind): object
{
    $mysql = getenv('TEST_MYSQL');
    $pgsql = getenv('TEST_PGSQL');
    [$user, $password] = [getenv('TEST_USER'), getenv('TEST_PASSWORD')];
    return match ($kind) {
        'mysqli' => new mysqli('localhost', $user, $password, 'doctor', 0, $mysql),
        'MyMysqli' => new MyMysqli('localhost', $user, $password, 'doctor', 0, $mysql),
        'PDO mysql' => new PDO("mysql:unix_socket=$mysql;dbname=doctor", $user, $password),
        'PgSql\\Connection' => pg_connect("host=$pgsql user=$user dbname=postgres", PGSQL_CONNECT_FORCE_NEW),
        'PDO pgsql' => new PDO("pgsql:host=$pgsql;dbname=postgres", $user),
    };
}

function run(object $connection, string $sql): void
{
    match (true) {
        $connection instanceof mysqli => $connection->query($sql),
        $connection instanceof PDO => $connection->query($sql)->closeCursor(),
        default => @pg_query($connection, $sql),
    };
}

function close(object $connection): void
{
    $connection instanceof mysqli ? $connection->close() : pg_close($connection);
}

$handler = function () {
    $do = $_GET['do'] ?? '';
    if ($do !== '') {
        Connections::$of_request ??= open($_GET['kind']);
        $connection = Connections::$of_request;
        foreach (explode(';', $do) as $step) {
            $step === 'close' ? close($connection) : run($connection, $step);
        }
    }
    if (isset($_GET['drop'])) Connections::$of_request = null;
    echo 'ok';
};

while (tusk_handle_request($handler));
