<?php
// A plain request.
require __DIR__ . '/run.php';
run_probe();
