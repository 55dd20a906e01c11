<?php
// max_input_vars applies to a form: further variables are left out.
//> POST @
//: Content-Type: application/x-www-form-urlencoded; x
//= a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&a[]=1&b=1

echo count($_POST['a']), ' ', error_get_last()['message'] ?? 'no error';
