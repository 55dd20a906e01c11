<?php
exit('left');
