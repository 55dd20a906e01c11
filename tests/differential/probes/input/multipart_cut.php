<?php
// A multipart body that ends in the middle of a file.
//> POST @
//: Content-Type: multipart/form-data; boundary=one
//= --one
//= Content-Disposition: form-data; name="f"; filename="cut.txt"
//=
//= not all of

unset($_FILES['f']['tmp_name']);
var_dump($_FILES);
