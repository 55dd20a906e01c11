<?php
// An empty Content-Type and an empty default.

ini_set('default_mimetype', '');
echo 'x';
