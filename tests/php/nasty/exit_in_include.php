<?php
function leave() { include __DIR__ . '/leave.php'; }
leave();
echo 'never';
