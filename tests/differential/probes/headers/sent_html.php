<?php
// Text before the PHP tag is output: header() is too late.
?>
text
<?php
flush();
header('X-Late: 1');
