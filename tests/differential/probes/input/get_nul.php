<?php
// $_GET: a NUL is part of a value, and ends a name.
//> GET @?a=x%00y&b%00c=1

echo json_encode($_GET);
