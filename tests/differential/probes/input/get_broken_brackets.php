<?php
// $_GET: brackets that do not close, stand alone or are followed by text.
//> GET @?a[b=1&c]d=2&[e]=3&f[g]h=4&i[[j]]=5&k[l][=6&[]=7

var_dump($_GET);
