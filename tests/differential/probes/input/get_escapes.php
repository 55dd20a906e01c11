<?php
// $_GET: percent escapes, also broken ones, and plus signs.
//> GET @?a=%41%zz%4&b=1+2%2B3&c=%C3%A4&d=%&e=%0D%0A

echo json_encode($_GET, JSON_PRETTY_PRINT);
