<?php
// Without a Cookie field $_COOKIE is empty.
//! alone: it gets a cookie then

var_dump($_COOKIE, isset($_SERVER['HTTP_COOKIE']));
