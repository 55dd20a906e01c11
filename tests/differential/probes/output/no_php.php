<?php
// A file without PHP code in it is sent as it is.
?>
Only <b>text</b>.
