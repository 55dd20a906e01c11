<?php
// Starts a session whose handler never returns from ?in=; without ?in=, one that works.
class Hanging extends SessionHandler
{
    private function hang(string $in): void
    {
        if (($_GET['in'] ?? '') === $in) {
            sleep(1000);
        }
    }

    public function open(string $path, string $name): bool
    {
        $opened = parent::open($path, $name);
        $this->hang('open');
        return $opened;
    }

    public function read(string $id): string|false
    {
        $data = parent::read($id);
        $this->hang('read');
        return $data;
    }

    public function write(string $id, string $data): bool
    {
        $this->hang('write');
        return parent::write($id, $data);
    }

    public function close(): bool
    {
        $this->hang('close');
        return parent::close();
    }

    public function destroy(string $id): bool
    {
        $this->hang('destroy');
        return parent::destroy($id);
    }

    public function gc(int $max_lifetime): int|false
    {
        $this->hang('gc');
        return parent::gc($max_lifetime);
    }
}

session_set_save_handler(new Hanging());
session_start();
$_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
echo $_SESSION['count'];
if (isset($_GET['destroy'])) {
    session_destroy();
} elseif (isset($_GET['at_once'])) {
    session_write_close();
}
