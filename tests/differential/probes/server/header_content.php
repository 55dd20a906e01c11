<?php
// Content-Type and Content-Length have variables without HTTP_ and with it.
//> PUT @
//: Content-Type: text/x-probe
//= 12345

var_dump($_SERVER['CONTENT_TYPE'], $_SERVER['CONTENT_LENGTH'], $_SERVER['HTTP_CONTENT_TYPE'] ?? null, $_SERVER['HTTP_CONTENT_LENGTH'] ?? null);
