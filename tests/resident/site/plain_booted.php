<?php
// A plain request.
require __DIR__ . '/boot.php';
require __DIR__ . '/run.php';
run_probe();
