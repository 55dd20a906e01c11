<?php
// REQUEST_TIME is now, and the whole part of REQUEST_TIME_FLOAT.

var_dump((int) $_SERVER['REQUEST_TIME_FLOAT'] === $_SERVER['REQUEST_TIME'], abs(time() - $_SERVER['REQUEST_TIME']) < 5);
