<?php
// The second callback replaces the first one.

header_register_callback(fn () => header('X-First: 1'));
header_register_callback(fn () => header('X-Second: 1'));
