<?php

namespace GuestBook;

use Symfony\Component\DependencyInjection\Attribute\Autowire;
use Symfony\Component\EventDispatcher\Attribute\AsEventListener;
use Symfony\Component\HttpKernel\Event\TerminateEvent;

/** Work that an application leaves for when its client has been answered: it takes until a file
 *  appears, which a test makes once it has the answer. */
#[AsEventListener]
final class AfterResponse
{
    public function __construct(#[Autowire('%kernel.project_dir%/var')] private readonly string $directory)
    {
    }

    public function __invoke(TerminateEvent $event): void
    {
        $job = $event->getRequest()->attributes->get('job');
        if ($job === null) {
            return;
        }
        while (!file_exists("$this->directory/$job.go")) {
            usleep(10_000);
            clearstatcache();
        }
        touch("$this->directory/$job.done");
    }
}
