<?php
// max_input_vars: those above are left out, with a warning at start-up, which is not shown.
//> GET @?a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&b=1

echo count($_GET['a']), ' ', isset($_GET['b']) ? 'b' : 'no b', ' ', error_get_last()['message'] ?? 'no error';
