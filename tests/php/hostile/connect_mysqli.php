<?php // Connects to a database that accepts and sends nothing.
try { new mysqli('127.0.0.1', 'a', 'b', '', (int) $_GET['port']); } catch (Throwable) {}
