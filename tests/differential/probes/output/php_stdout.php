<?php
// php://stdout is not part of the response.

var_dump(@file_put_contents('php://stdout', ''));
echo 'response';
