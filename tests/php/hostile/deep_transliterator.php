<?php // ICU's parser recurses into 100,000 brackets.
var_dump(Transliterator::createFromRules(str_repeat('(', 100000)));
