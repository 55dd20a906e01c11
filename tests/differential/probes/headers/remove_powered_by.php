<?php
// X-Powered-By can be taken away.

header_remove('X-Powered-By');
