<?php
// Bytes above 127 in a value are sent as they are.

header("X-Bytes: \u{e4}\xff");
