<?php
// A file that is rewritten and invalidated runs in its new version.

$path = tempnam(sys_get_temp_dir(), 'code');
for ($i = 1; $i < 4; $i++) {
    file_put_contents($path, "<?php return $i;");
    opcache_invalidate($path, true);
    echo include $path, ' ';
}
unlink($path);
