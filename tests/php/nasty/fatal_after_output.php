<?php
header('X-Before: set');
echo 'partial';
no_such_function_after_output();
