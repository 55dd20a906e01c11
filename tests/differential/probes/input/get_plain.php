<?php
// $_GET has parameters in their order; of a repeated one the last value counts.
//> GET @?b=1&a=two&b=3

var_dump($_GET);
