<?php // A database that accepts and says nothing.
try { new PDO("mysql:host=127.0.0.1;port=$_GET[port]", 'a', 'b'); } catch (Throwable) {}
