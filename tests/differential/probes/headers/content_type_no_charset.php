<?php
// An empty default_charset: no parameter.

ini_set('default_charset', '');
echo 'x';
