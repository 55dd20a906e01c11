<?php // A megabyte of NULs for ICU.
new IntlRuleBasedBreakIterator(str_repeat("\0", 1 << 20));
