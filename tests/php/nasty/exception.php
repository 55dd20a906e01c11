<?php
throw new RuntimeException('thrown by the test');
