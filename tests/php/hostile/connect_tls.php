<?php // Connects to a TLS peer that accepts and makes no handshake.
@file_get_contents("https://127.0.0.1:$_GET[port]/");
