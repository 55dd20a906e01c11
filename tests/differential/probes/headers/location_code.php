<?php
// Location with a code of its own.

header('Location: /moved', true, 301);
