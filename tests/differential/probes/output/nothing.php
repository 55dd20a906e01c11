<?php
// A script without output: 200 and an empty body.
