<?php // A native call that cannot be interrupted.
iconv_strrpos(str_repeat('aé', 1 << 19), 'b', 'UTF-8');
for ($i = 0; $i < 1000; $i++) iconv_strpos(str_repeat('aé', 1 << 19), 'é' . str_repeat('a', 5000) . 'b', 0, 'UTF-8');
