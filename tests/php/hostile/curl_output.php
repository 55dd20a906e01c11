<?php // Passes what curl fetches to a client that leaves.
$c = curl_init("http://127.0.0.1:$_SERVER[SERVER_PORT]/big.php");
curl_exec($c);
