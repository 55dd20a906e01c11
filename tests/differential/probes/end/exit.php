<?php
// exit with a text, a number, and nothing.
//> GET @?how=text
//> GET @?how=number
//> GET @?how=nothing

echo 'before ';
match ($_GET['how']) {
    'text' => exit('text'),
    'number' => exit(3),
    'nothing' => exit,
};
