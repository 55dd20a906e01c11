<?php
// File names: paths are cut off in name, and kept in full_path; quotes and UTF-8.
//> POST @
//+ name="a"; filename="../../x/evil.php" = 1
//+ name="b"; filename="C:\\dir\\win.txt" = 2
//+ name="c"; filename="ä \\"q\\".txt" = 3

foreach ($_FILES as $file) {
    var_dump($file['name'], $file['full_path']);
}
