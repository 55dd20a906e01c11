<?php
// A checksum of a deep recursion: tests/integration/backtrace_test.py looks at it while it runs.
function checksum(int $depth, string $text): int
{
    if ($depth === 0) {
        return crc32($text);
    }
    $sum = checksum($depth - 1, md5($text . $depth));
    foreach ([1, 2, 3] as $factor) {
        $sum = ($sum * 31 + $factor * strlen($text) + $depth) % 1_000_000_007;
    }
    return $sum;
}

for ($i = 0, $total = 0; $i < 20; ++$i) {
    $total = ($total + checksum(5000, "seed $i")) % 1_000_000_007;
}
echo $total;
