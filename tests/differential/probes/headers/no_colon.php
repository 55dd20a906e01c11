<?php
// A header without a colon.

header('nonsense');
echo 'x';
