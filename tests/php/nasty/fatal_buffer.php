<?php
ob_start(function () { return no_such_function_in_buffer(); });
echo 'text';
