<?php
// $_GET: dots, spaces and brackets in names become underscores; leading spaces go.
//> GET @?a.b=1&c+d=2&%20%20e=3&f%5Bg%5D=4&h-i=5&.j=6

var_dump($_GET);
