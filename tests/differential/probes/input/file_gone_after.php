<?php
// The temporary file is gone when the request has ended; the second request looks for it.
//> POST @
//: Cookie: box={marker}
//+ name="f"; filename="a.txt" [text/plain] = content
//> GET @
//: Cookie: box={marker}

$note = sys_get_temp_dir() . '/note-' . $_COOKIE['box'];
if ($_FILES) {
    file_put_contents($note, $_FILES['f']['tmp_name']);
    var_dump(file_exists($_FILES['f']['tmp_name']));
} else {
    $path = file_get_contents($note);
    for ($i = 0; $i < 500 && file_exists($path); $i++) {  // the response may come before the end
        usleep(10000);
        clearstatcache();
    }
    var_dump(file_exists($path), unlink($note));
}
