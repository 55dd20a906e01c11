<?php
// Without Content-Type the default comes back.

header('Content-Type: text/plain');
header_remove('Content-Type');
echo 'x';
