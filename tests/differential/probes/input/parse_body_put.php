<?php
// request_parse_body() of a PUT with a form.
//! needs: php-8.4
//> PUT @
//form a=1&b[]=2&b[]=3

var_dump($_POST, request_parse_body());
