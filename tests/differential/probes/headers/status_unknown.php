<?php
// A status that has no reason in PHP's table.
//> GET @?code=299
//> GET @?code=499
//> GET @?code=599

http_response_code((int) $_GET['code']);
echo $_GET['code'];
