<?php
trigger_error('said by the script', E_USER_ERROR);
