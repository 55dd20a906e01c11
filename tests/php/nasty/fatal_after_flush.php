<?php
echo 'partial';
flush();
no_such_function_after_flush();
