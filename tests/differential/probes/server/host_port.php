<?php
// Host with a port: HTTP_HOST has it.
//> GET @
//: Host: example.org:8443

var_dump($_SERVER['HTTP_HOST']);
