<?php
// Content-Type and Content-Length have names of their own, without HTTP_ as well as with it.
//> PUT @
//: Content-Type: text/x-probe
//= 12345

var_dump($_SERVER['CONTENT_TYPE'], $_SERVER['CONTENT_LENGTH'], $_SERVER['HTTP_CONTENT_TYPE'] ?? null, $_SERVER['HTTP_CONTENT_LENGTH'] ?? null);
