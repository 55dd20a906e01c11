<?php
// Location answers a POST over HTTP/1.1 with 302 too.
//> POST @
//form a=1

header('Location: http://example.org/x?y=1');
