<?php
// output_add_rewrite_var() puts a parameter into links and forms.

output_add_rewrite_var('sid', 'x y');
echo '<a href="page.php?a=1">l</a> <a href="http://other.example/">o</a> <form action="f.php"><input name="n"></form>';
