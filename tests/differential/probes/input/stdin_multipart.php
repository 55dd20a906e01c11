<?php
// php://input is empty for a multipart form: PHP has read it.
//> POST @
//+ name="a" = 1

var_dump(file_get_contents('php://input'), $_POST);
