<?php // A locale from a cookie; ICU 72.
new IntlDatePatternGenerator('aaaaaaaaaaaa');
echo 'done';
