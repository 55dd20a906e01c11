<?php
// return ends the main script.

echo 'before';
return 5;
echo 'after';
