<?php
set_error_handler(function () { throw new ErrorException('from the error handler'); });
echo $undefined;
