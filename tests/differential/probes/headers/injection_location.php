<?php
// A line break in Location is refused, and the status stays.

header("Location: /x\r\nX-Evil: 1");
var_dump(http_response_code());
