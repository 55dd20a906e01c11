<?php
// php://input is available beside $_POST.
//> POST @
//form a=1&b=2

var_dump(str_starts_with(file_get_contents('php://input'), 'a=1&b=2'), $_POST['b']);
