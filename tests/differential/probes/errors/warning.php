<?php
// A warning is shown, and the script goes on.

echo $undefined;
echo 'after';
