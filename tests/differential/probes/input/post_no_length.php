<?php
// POST without a body and without Content-Length.
//> POST @
//: Content-Type: application/x-www-form-urlencoded
//! alone: a form is sent then

var_dump($_POST, $_SERVER['CONTENT_LENGTH']);
