<?php
class Broken extends SessionHandler {
    public function write(string $id, string $data): bool { throw new LogicException('from a session handler'); }
}
session_set_save_handler(new Broken);
session_start();
$_SESSION['x'] = 1;
