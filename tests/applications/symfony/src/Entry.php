<?php

namespace GuestBook;

use Symfony\Component\HttpFoundation\File\UploadedFile;
use Symfony\Component\Validator\Constraints as Assert;

final class Entry
{
    #[Assert\NotBlank(message: 'Say who you are.')]
    #[Assert\Length(max: 40)]
    public ?string $name = null;

    #[Assert\NotBlank(message: 'Say something.')]
    public ?string $text = null;

    public ?UploadedFile $picture = null;
}
