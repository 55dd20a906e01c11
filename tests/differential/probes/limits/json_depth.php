<?php
// json_decode() with a depth.

var_dump(json_decode('[[[1]]]', true, 2), json_last_error_msg());
