<?php

namespace GuestBook\Controller;

use GuestBook\Book;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\HttpFoundation\BinaryFileResponse;
use Symfony\Component\HttpFoundation\Cookie;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\StreamedResponse;
use Symfony\Component\Routing\Attribute\Route;
use Symfony\Component\Routing\Generator\UrlGeneratorInterface;

/** An API for programs. */
final class ApiController extends AbstractController
{
    #[Route('/api/entries', methods: 'GET')]
    public function entries(Book $book, Request $request): Response
    {
        $response = new JsonResponse($book->entries());
        $response->setEtag(hash('xxh3', $response->getContent()))->setPublic()->setMaxAge(60);
        $response->isNotModified($request);
        return $response;
    }

    #[Route('/api/entries/{id<\d+>}', name: 'entry', methods: 'GET')]
    public function entry(Book $book, int $id): Response
    {
        return $this->json($book->entries()[$id - 1] ?? throw $this->createNotFoundException());
    }

    #[Route('/api/entries', methods: 'POST')]
    public function add(Book $book, Request $request): Response
    {
        ['name' => $name, 'text' => $text] = $request->toArray();
        $entry = $book->add($name, $text);
        $place = $this->generateUrl('entry', ['id' => $entry['id']], UrlGeneratorInterface::ABSOLUTE_URL);
        return $this->json($entry, Response::HTTP_CREATED, ['Location' => $place]);
    }

    /** The request as the framework sees it. */
    #[Route('/api/echo/{rest<.*>}')]
    public function echo(Request $request, string $rest): Response
    {
        $response = $this->json([
            'method' => $request->getMethod(),
            'uri' => $request->getUri(),
            'path' => $request->getPathInfo(),
            'base' => $request->getBaseUrl(),
            'rest' => $rest,
            'query' => $request->query->all(),
            'form' => $request->request->all(),
            'body' => $request->getContent(),
            'user' => $request->getUser(),
            'password' => $request->getPassword(),
            'agent' => $request->headers->get('User-Agent'),
        ]);
        $response->headers->setCookie(Cookie::create('seen', 'yes & no')->withSameSite('strict'));
        $response->headers->setCookie(Cookie::create('twice', '2'));
        return $response;
    }

    #[Route('/api/pictures/{name<[0-9a-f]+\.png>}')]
    public function picture(Book $book, Request $request, string $name): Response
    {
        is_file($file = $book->picture($name)) || throw $this->createNotFoundException();
        $response = new BinaryFileResponse($file, autoEtag: true);
        $response->isNotModified($request);
        return $response;
    }

    #[Route('/api/stream')]
    public function numbers(): Response
    {
        return new StreamedResponse(function (): void {
            foreach (range(1, 1000) as $number) {
                echo str_repeat((string) ($number % 10), 1000), "\n";
                if ($number % 100 === 0) {
                    flush();
                }
            }
        }, headers: ['Content-Type' => 'text/plain']);
    }

    #[Route('/api/later/{job<\w+>}')]
    public function later(): Response
    {
        return new Response("accepted\n", Response::HTTP_ACCEPTED);
    }
}
