<?php
// A body without a Content-Type is not treated as a form.
//> POST @
//= a=1&b=2

var_dump($_POST, file_get_contents('php://input'), $_SERVER['CONTENT_TYPE'] ?? 'none');
