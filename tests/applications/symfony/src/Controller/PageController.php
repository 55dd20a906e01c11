<?php

namespace GuestBook\Controller;

use GuestBook\Book;
use GuestBook\Entry;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\Form\Extension\Core\Type\FileType;
use Symfony\Component\Form\Extension\Core\Type\SubmitType;
use Symfony\Component\Form\Extension\Core\Type\TextareaType;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Routing\Attribute\Route;

/** Pages for people. */
final class PageController extends AbstractController
{
    #[Route('/', name: 'front')]
    public function front(Book $book, Request $request): Response
    {
        $session = $request->getSession();
        $session->set('visits', $visits = $session->get('visits', 0) + 1);
        return $this->render('front.html.twig', ['entries' => $book->entries(), 'visits' => $visits]);
    }

    #[Route('/sign', name: 'sign', methods: ['GET', 'POST'])]
    public function sign(Book $book, Request $request): Response
    {
        $form = $this->createFormBuilder($entry = new Entry())
            ->add('name')
            ->add('text', TextareaType::class)
            ->add('picture', FileType::class, ['required' => false])
            ->add('save', SubmitType::class)
            ->getForm();
        $form->handleRequest($request);
        if ($form->isSubmitted() && $form->isValid()) {
            $picture = $entry->picture ? $book->keepPicture($entry->picture->getPathname()) : null;
            $book->add($entry->name, $entry->text, $picture);
            $this->addFlash('notice', "Thank you, $entry->name!");
            return $this->redirectToRoute('front', status: Response::HTTP_SEE_OTHER);
        }
        return $this->render('sign.html.twig', ['form' => $form]);
    }

    #[Route('/teapot', name: 'teapot')]
    public function teapot(): Response
    {
        throw new \Symfony\Component\HttpKernel\Exception\HttpException(418, 'short and stout', headers: ['X-Tea' => 'Assam']);
    }

    #[Route('/broken', name: 'broken')]
    public function broken(): Response
    {
        throw new \RuntimeException('the ink ran dry');
    }

    #[Route('/fatal', name: 'fatal')]
    public function fatal(): Response
    {
        ini_set('memory_limit', (memory_get_usage(true) >> 20) + 4 . 'M');
        str_repeat('ink', 1 << 24);
        return new Response('not reached');
    }
}
