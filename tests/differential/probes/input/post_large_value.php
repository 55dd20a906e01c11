<?php
// A form larger than a buffer: 90,000 bytes in one value.
//> POST @
//form a=1&big={x*90000}&z=2

var_dump($_POST['a'], strlen($_POST['big']), $_POST['z']);
