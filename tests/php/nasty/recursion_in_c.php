<?php
// Recurses through PHP frames and C frames in turn.
function deeper(int $n): array { return array_map(fn () => deeper($n + 1), [1]); }
deeper(0);
