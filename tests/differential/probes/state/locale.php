<?php
// setlocale() applies to one request.
//> GET @
//> GET @

var_dump(setlocale(LC_ALL, 0));
var_dump(setlocale(LC_ALL, 'C.UTF-8'), setlocale(LC_CTYPE, 0));
