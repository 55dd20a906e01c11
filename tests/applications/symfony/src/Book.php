<?php

namespace GuestBook;

use Symfony\Component\DependencyInjection\Attribute\Autowire;

/** The entries, stored in a file with a lock. */
final class Book
{
    public function __construct(#[Autowire('%kernel.project_dir%/var')] private readonly string $directory)
    {
    }

    public function entries(): array
    {
        $file = "$this->directory/book.json";
        return is_file($file) ? json_decode(file_get_contents($file), true, flags: JSON_THROW_ON_ERROR) : [];
    }

    public function add(string $name, string $text, ?string $picture = null): array
    {
        $lock = fopen("$this->directory/lock", 'c');
        flock($lock, LOCK_EX);
        $entries = $this->entries();
        $entry = ['id' => count($entries) + 1, 'name' => $name, 'text' => $text, 'picture' => $picture];
        $entries[] = $entry;
        file_put_contents("$this->directory/book.json", json_encode($entries));
        return $entry;
    }

    public function keepPicture(string $path): string
    {
        $name = hash_file('xxh3', $path) . '.png';
        copy($path, $this->picture($name));
        return $name;
    }

    public function picture(string $name): string
    {
        return "$this->directory/pictures/$name";
    }
}
