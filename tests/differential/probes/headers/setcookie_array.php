<?php
// A cookie's name with brackets.

setcookie('a[b]', '1');
setcookie('c.d', '1');
