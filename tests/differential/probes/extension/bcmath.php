<?php
// bcmath and gmp, with bcscale() for one request.
//! needs: bcmath gmp
//> GET @
//> GET @

var_dump(bcadd('1.23456789', '2'), bcscale(4), bcadd('1.23456789', '2'), gmp_strval(gmp_pow(3, 50)));
