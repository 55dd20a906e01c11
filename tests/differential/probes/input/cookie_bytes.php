<?php
// $_COOKIE: non-ASCII bytes, quotes, and broken escapes.
//> GET @
//: Cookie: a="q"; b=\xc3\xa4; c=%zz; d=%00x

echo json_encode($_COOKIE, JSON_INVALID_UTF8_SUBSTITUTE);
