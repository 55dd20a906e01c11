<?php
// header() after output is a warning that says where output began.

echo "first output\n";
flush();
header('X-Late: 1');
