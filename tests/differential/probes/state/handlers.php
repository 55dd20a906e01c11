<?php
// Error and exception handlers apply to one request.
//> GET @
//> GET @

var_dump(set_error_handler(fn () => true), set_exception_handler(fn () => null));
