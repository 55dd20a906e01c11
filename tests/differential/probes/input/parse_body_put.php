<?php
// request_parse_body() of a PUT with a form.
//> PUT @
//form a=1&b[]=2&b[]=3

var_dump($_POST, request_parse_body());
