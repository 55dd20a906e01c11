<?php
// SERVER_NAME for another Host than the server's name.
//> GET @
//: Host: example.org

var_dump($_SERVER['SERVER_NAME']);
