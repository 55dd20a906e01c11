<?php
// A fatal error after output was sent: the status stays.

echo 'before';
flush();
undefined_function();
