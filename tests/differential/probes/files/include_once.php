<?php
// include_once and require_once, by different spellings of a path.

var_dump((include_once __DIR__ . '/parts/value.txt') === 7, include_once __DIR__ . '/parts/../parts/value.txt');
