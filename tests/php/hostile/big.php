<?php // Sends a long answer, for curl_output.php.
for ($i = 0; $i < 400; $i++) { echo str_repeat('x', 65536); flush(); }
