<?php
// Nested buffers: levels, lengths and contents.

ob_start();
echo 'one';
ob_start();
echo 'two!';
echo ob_get_level(), ob_get_length(), ob_get_contents();
ob_end_flush();
echo ob_get_level();
ob_end_clean();
echo 'left ', ob_get_level();
