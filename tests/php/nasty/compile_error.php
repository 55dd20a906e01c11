<?php
class Twice {}
class Twice {}
