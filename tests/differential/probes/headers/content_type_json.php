<?php
// No charset is added to a type other than text.

header('Content-Type: application/json');
echo '{}';
