<?php // Connects to a database that accepts and sends nothing.
try { new PDO("mysql:host=127.0.0.1;port=$_GET[port]", 'a', 'b'); } catch (Throwable) {}
