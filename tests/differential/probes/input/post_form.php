<?php
// $_POST of a form, with the same rules as $_GET.
//> POST @?a=get
//form a=post&list[]=1&list[]=2&t+x=%C3%A4+b&c.d=1&nul=a%00b

var_dump($_GET, $_POST, $_REQUEST);
