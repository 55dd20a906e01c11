<?php
// The same as a resident script.
require __DIR__ . '/run.php';
probes();
while (tusk_handle_request(run_probe(...))) {
}
