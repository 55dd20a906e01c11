<?php
// A fatal error that is displayed, before any output.

undefined_function();
