<?php
// X-Powered-By can be removed.

header_remove('X-Powered-By');
