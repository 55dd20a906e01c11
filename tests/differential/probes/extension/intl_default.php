<?php
// Locale::setDefault() applies to one request.
//> GET @
//> GET @

var_dump(Locale::getDefault());
Locale::setDefault('fr_FR');
var_dump(Locale::getDefault(), intl_get_error_code());
