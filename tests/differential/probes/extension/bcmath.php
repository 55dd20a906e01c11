<?php
// bcmath and gmp, with bcscale() for one request.
//> GET @
//> GET @

var_dump(bcadd('1.23456789', '2'), bcscale(4), bcadd('1.23456789', '2'), gmp_strval(gmp_pow(3, 50)));
