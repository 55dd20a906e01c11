<?php
// Enums, match without an arm, readonly and first-class callables.

enum Suit: string
{
    case Hearts = 'H';
    case Spades = 'S';
}
$f = Suit::tryFrom(...);
var_dump($f('S'), Suit::tryFrom('x'));
try {
    echo match (5) {};
} catch (UnhandledMatchError $e) {
    echo $e->getMessage();
}
