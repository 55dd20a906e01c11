<?php
// Buffer functions without a buffer: notices and false.

var_dump(ob_get_level(), ob_get_contents(), ob_get_length(), ob_get_clean(), ob_end_clean(), ob_get_status());
