<?php
// A fatal error without display_errors: 500, and the header fields before it.

ini_set('display_errors', '0');
header('X-Before: 1');
undefined_function();
