<?php
// $_FILES of nested names: the structure below each entry.
//> POST @
//+ name="f[x][y]"; filename="a.txt" [text/plain] = A
//+ name="f[x][]"; filename="b.txt" = B

unset($_FILES['f']['tmp_name']);
var_dump($_FILES);
