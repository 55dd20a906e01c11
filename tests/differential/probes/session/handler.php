<?php
// A session handler written in PHP: the order of its calls.
//> GET @
//: Cookie: PHPSESSID={marker}handler

class Handler implements SessionHandlerInterface
{
    public function open(string $path, string $name): bool { echo "open $name\n"; return true; }
    public function close(): bool { echo "close\n"; return true; }
    public function read(string $id): string { echo "read $id\n"; return 'a|i:1;'; }
    public function write(string $id, string $data): bool { echo "write $data\n"; return true; }
    public function destroy(string $id): bool { echo "destroy\n"; return true; }
    public function gc(int $age): int { return 0; }
}
ob_start();
session_set_save_handler(new Handler(), true);
session_start();
$_SESSION['b'] = 2;
