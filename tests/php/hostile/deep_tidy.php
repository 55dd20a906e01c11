<?php // 4 MB of tags that are not closed: an assertion of libtidy.
tidy_parse_string(str_repeat('<b><i>', 700000));
echo 'done';
