<?php
// Known shares: f() does 70 % of the work and g() 30 %, and each waits as long as it has worked.
// Answers with what it has measured itself, in seconds.
function compute(int $rounds): int
{
    $n = 1;
    for ($i = 0; $i < $rounds; $i++) {
        $n = ($n * 31 + $i) & 0xFFFFFF;
    }
    return $n;
}

function work_and_wait(int $rounds): void
{
    $began = hrtime(true);
    compute($rounds);
    usleep(intdiv(hrtime(true) - $began, 1000));
}

function f(int $rounds): void
{
    work_and_wait(7 * $rounds);
}

function g(int $rounds): void
{
    work_and_wait(3 * $rounds);
}

$rounds = (int) ($_GET['rounds'] ?? 200000);
$began = hrtime(true);
f($rounds);
$between = hrtime(true);
g($rounds);
header('Content-Type: application/json');
echo json_encode(['f' => ($between - $began) / 1e9, 'g' => (hrtime(true) - $between) / 1e9]);
