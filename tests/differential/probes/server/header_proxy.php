<?php
// The field Proxy never becomes HTTP_PROXY (httpoxy).
//> GET @
//: Proxy: http://evil.example:8080

var_dump(getenv('HTTP_PROXY'));
