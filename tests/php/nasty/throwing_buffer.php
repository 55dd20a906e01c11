<?php
ob_start(function () { throw new LogicException('from an output callback'); });
echo 'text';
