<?php
// $_GET has a plain parameter.
//> GET @?a=1&b=two

var_dump($_GET);
