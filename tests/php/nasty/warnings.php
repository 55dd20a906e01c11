<?php
echo $undefined_variable;
echo 1 / (int) '3', "\n";
echo [][0];
echo 'end';
