<?php
// max_input_nesting_level: deeper parameters are left out.
//> GET @?a[1][2][3][4][5][6][7]=in&b[1][2][3][4][5][6][7][8][9]=out&c=1

echo json_encode($_GET);
