<?php
// post_max_size does not hold for a body that is no form.
//> POST @
//: Content-Type: application/octet-stream
//= {x*110000}

var_dump(strlen(file_get_contents('php://input')), error_get_last()['message'] ?? null);
