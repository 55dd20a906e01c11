<?php
// Sends ten Server-Sent Events in five seconds. A browser that lost the connection returns with the
// number of the last event that it received, and gets the rest.

declare(strict_types=1);

header('Content-Type: text/event-stream');
header('Cache-Control: no-store');

$seen = filter_var($_SERVER['HTTP_LAST_EVENT_ID'] ?? 0, FILTER_VALIDATE_INT) ?: 0;

for ($i = max(0, $seen) + 1; $i <= 10; ++$i) {
    $data = json_encode(['tick' => $i, 'of' => 10, 'time' => date('H:i:s')]);
    echo "id: {$i}\nevent: tick\ndata: {$data}\n\n";
    flush();
    usleep(500_000);
}
echo "event: done\ndata: {}\n\n";
