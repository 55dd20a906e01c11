<?php
// A status line without a code.
//! alone: the reference's answer is nginx's own

header('HTTP/1.1 nonsense');
var_dump(http_response_code());
