<?php
// max_file_uploads: the fifth is left out, with a warning.
//> POST @
//+ name="a"; filename="a" = a
//+ name="b"; filename="b" = b
//+ name="c"; filename="c" = c
//+ name="d"; filename="d" = d
//+ name="e"; filename="e" = e

var_dump(array_keys($_FILES), error_get_last()['message'] ?? null);
