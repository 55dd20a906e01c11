<?php
// A multipart form without a boundary: a warning, and no data.
//> POST @
//: Content-Type: multipart/form-data
//= anything

var_dump($_POST, $_FILES, error_get_last()['message'] ?? null);
