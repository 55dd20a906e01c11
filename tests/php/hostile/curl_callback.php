<?php // A fatal error in a callback of curl.
$c = curl_init("http://127.0.0.1:$_SERVER[SERVER_PORT]/big.php");
curl_setopt($c, CURLOPT_WRITEFUNCTION, function () { str_repeat('x', 1 << 40); });
curl_exec($c);
