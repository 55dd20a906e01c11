<?php
// With another Content-Type $_POST is empty, and the body is in php://input.
//> POST @
//: Content-Type: application/json
//= {"a": [1, 2], "b": "ä"}

var_dump($_POST, json_decode(file_get_contents('php://input'), true));
