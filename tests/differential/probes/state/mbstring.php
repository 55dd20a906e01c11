<?php
// mb_internal_encoding() and mb_substitute_character() apply to one request.
//> GET @
//> GET @

var_dump(mb_internal_encoding(), mb_substitute_character(), mb_strlen('äö'));
mb_internal_encoding('ISO-8859-1');
mb_substitute_character(0x2a);
var_dump(mb_strlen('äö'), mb_convert_encoding('€', 'ISO-8859-1', 'UTF-8'));
