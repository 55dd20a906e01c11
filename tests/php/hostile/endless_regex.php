<?php // A native call that cannot be interrupted.
mb_ereg(str_repeat('(a|aa)+', 12) . '$', str_repeat('a', 64) . 'b');
