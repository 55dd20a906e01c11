<?php
// The default Content-Type.

echo 'x';
