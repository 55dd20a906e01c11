<?php
// A request that expects 100-continue is answered like any other.
//> POST @
//: Expect: 100-continue
//: Content-Type: text/plain
//= hello

var_dump(file_get_contents('php://input'), $_SERVER['HTTP_EXPECT'] ?? null);
