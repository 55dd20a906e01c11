<?php
// Runs the probe that the request names, after it has looked at everything; prints both.

require_once __DIR__ . '/seen.php';

function probes(): array
{
    static $probes = null;
    if ($probes === null) {
        $probes = [];
        foreach (glob(__DIR__ . '/probes/*.php') as $file) {
            $probes += require $file;
        }
    }
    return $probes;
}

function run_probe(): void
{
    $seen = everything_seen();
    $probe = probes()[$_GET['probe'] ?? ''] ?? null;
    if ($probe === null) {
        echo json_encode(['probes' => array_keys(probes())]);
        return;
    }
    $print = static function (mixed $result) use ($seen): void {
        echo json_encode(['seen' => $seen, 'result' => $result],
            JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRETTY_PRINT), "\n";
        json_encode(0);
    };
    $result = $probe($print);
    if ($result !== null) {
        $print($result);
    }
}
