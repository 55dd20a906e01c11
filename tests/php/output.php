<?php
// Prints N MiB (?mib=N) or KiB (?kib=N) of text that the reader can compute too; ?flush=1 sends each MiB.
echo str_repeat('x', 1024 * (int) ($_GET['kib'] ?? 0));
for ($i = 0; $i < (int) ($_GET['mib'] ?? 0); $i++) {
    echo str_repeat(md5((string) $i), 32768);
    if (isset($_GET['flush'])) {
        flush();
    }
}
if (isset($_GET['done'])) {
    touch($_GET['done']);
}
