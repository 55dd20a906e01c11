<?php
// post_max_size does not apply to a body other than a form.
//> POST @
//: Content-Type: application/octet-stream
//= {x*110000}

var_dump(strlen(file_get_contents('php://input')), error_get_last()['message'] ?? null);
