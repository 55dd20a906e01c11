<?php // ICU's parser goes down 100,000 brackets.
var_dump(Transliterator::createFromRules(str_repeat('(', 100000)));
