<?php
// header() replaces all fields of that name.

header('X-List: 1');
header('X-List: 2', false);
header('X-List: 3');
header('X-Other: 4');
