<?php
// die is exit.

die("died\n");
