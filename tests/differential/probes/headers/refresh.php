<?php
// Refresh is a field like any other.

header('Refresh: 5; url=/next');
echo 'x';
