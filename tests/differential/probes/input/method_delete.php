<?php
// DELETE with a body.
//> DELETE @?id=1
//: Content-Type: text/plain
//= why

var_dump($_SERVER['REQUEST_METHOD'], $_GET['id'], file_get_contents('php://input'));
