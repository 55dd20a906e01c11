<?php
// Autoloaders apply to one request.
//> GET @
//> GET @

var_dump(count(spl_autoload_functions()));
spl_autoload_register(fn ($class) => print("load $class\n"));
var_dump(class_exists('Missing\Thing'));
