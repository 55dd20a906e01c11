<?php
// SERVER_NAME if Host differs from the server's name.
//> GET @
//: Host: example.org

var_dump($_SERVER['SERVER_NAME']);
