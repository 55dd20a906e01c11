<?php
// echo, print, printf and text outside of PHP.

echo 'a', 'b', "\n";
print 'c';
printf("%05.2f\n", 3.14159);
?>
Text  outside.
<?= 'short' ?>

One line end is eaten.
<?php echo 'end';
