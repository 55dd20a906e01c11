<?php
// $_GET: names with brackets make nested arrays, empty brackets count on.
//> GET @?a[b][c]=1&a[b][d]=2&list[]=x&list[]=y&list[7]=z&list[]=after

var_dump($_GET);
