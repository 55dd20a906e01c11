<?php
// $_SERVER and $_REQUEST are made when a script names them, not before.

echo implode(' ', array_keys($GLOBALS));
