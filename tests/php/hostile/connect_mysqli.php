<?php // A database that accepts and says nothing.
try { new mysqli('127.0.0.1', 'a', 'b', '', (int) $_GET['port']); } catch (Throwable) {}
