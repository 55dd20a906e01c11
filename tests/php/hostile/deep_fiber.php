<?php // 200,000 linked objects are freed in a Fiber.
(new Fiber(function () {
    for ($o = null, $i = 0; $i < 200000; $i++) { $n = new stdClass; $n->o = $o; $o = $n; }
    unset($o, $n);
}))->start();
echo 'done';
