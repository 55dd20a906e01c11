<?php
$x = str_repeat('x', PHP_INT_MAX >> 1);
