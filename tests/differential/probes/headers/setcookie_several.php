<?php
// Several cookies are several fields, also of one name.

setcookie('a', '1');
setcookie('b', '2');
setcookie('a', '3');
