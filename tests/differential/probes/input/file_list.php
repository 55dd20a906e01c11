<?php
// $_FILES of name[]: each entry is a list.
//> POST @
//+ name="f[]"; filename="a.txt" [text/plain] = A
//+ name="f[]"; filename="b.txt" [text/html] = BB

unset($_FILES['f']['tmp_name']);
var_dump($_FILES);
