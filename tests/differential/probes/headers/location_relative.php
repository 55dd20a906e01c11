<?php
// A relative Location is sent as it is.

header('Location: ../x?a=1#b');
