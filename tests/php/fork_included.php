<?php
function included_in_child()
{
    return 2;
}
