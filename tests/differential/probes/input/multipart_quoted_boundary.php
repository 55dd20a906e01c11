<?php
// A boundary in quotes, and a preamble before the first part.
//> POST @
//: Content-Type: multipart/form-data; boundary="a b"; charset=utf-8
//= preamble
//= --a b
//= Content-Disposition: form-data; name="x"
//=
//= 1
//= --a b--
//=

var_dump($_POST);
