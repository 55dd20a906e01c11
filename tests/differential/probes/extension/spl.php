<?php
// ArrayObject, heaps and iterators.

$heap = new SplMinHeap();
array_map($heap->insert(...), [3, 1, 2]);
var_dump(iterator_to_array($heap, false), iterator_count(new LimitIterator(new InfiniteIterator(new ArrayIterator([1])), 0, 7)));
