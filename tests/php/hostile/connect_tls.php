<?php // A peer that accepts and does not shake hands.
@file_get_contents("https://127.0.0.1:$_GET[port]/");
