<?php
// mbstring: case, width, conversion, detection, regular expressions.

mb_regex_encoding('UTF-8');
var_dump(mb_strtoupper('straße'), mb_strwidth('日本'), bin2hex(mb_convert_encoding('日本', 'SJIS', 'UTF-8')), mb_detect_encoding('ä', ['ASCII', 'UTF-8'], true), mb_ereg_replace('ö', 'o', 'Köln'));
