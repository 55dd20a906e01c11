<?php
// apache_request_headers() is getallheaders().
//> GET @
//: X-A: 1

var_dump(apache_request_headers() === getallheaders(), apache_request_headers()['X-A'] ?? null);
