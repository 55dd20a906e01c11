<?php
// Another Content-Type leaves $_POST empty, and the body to php://input.
//> POST @
//: Content-Type: application/json
//= {"a": [1, 2], "b": "ä"}

var_dump($_POST, json_decode(file_get_contents('php://input'), true));
