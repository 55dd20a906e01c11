<?php
// CONTENT_TYPE and CONTENT_LENGTH of a request without a body.

var_dump($_SERVER['CONTENT_TYPE'] ?? null, $_SERVER['CONTENT_LENGTH'] ?? null);
