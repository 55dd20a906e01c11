<?php
// A body without the boundary that was announced.
//> POST @
//: Content-Type: multipart/form-data; boundary=one
//= --two
//= Content-Disposition: form-data; name="x"
//=
//= 1
//= --two--
//=

var_dump($_POST, error_get_last()['message'] ?? null);
