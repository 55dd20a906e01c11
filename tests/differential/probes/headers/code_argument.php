<?php
// header() with a code as its third argument.

header('X-A: 1', true, 418);
var_dump(http_response_code());
