<?php
// libxml_use_internal_errors() applies to one request.
//> GET @
//> GET @

var_dump(libxml_use_internal_errors(true), count(libxml_get_errors()));
simplexml_load_string('<a><b></a>');
var_dump(count(libxml_get_errors()) > 0);
