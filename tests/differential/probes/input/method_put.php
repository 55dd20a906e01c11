<?php
// PUT: the method, and no $_POST.
//> PUT @
//form a=1

var_dump($_SERVER['REQUEST_METHOD'], $_POST);
