<?php
// A repeated field is one list.
//> GET @
//: X-List: one
//: Accept: text/html
//: X-List: two
//: x-list: three

var_dump($_SERVER['HTTP_X_LIST']);
