<?php
set_exception_handler(function () { throw new LogicException('from the exception handler'); });
throw new RuntimeException('first');
