<?php
// iconv: conversion, and an illegal character.

var_dump(bin2hex(iconv('UTF-8', 'ISO-8859-1', 'äö')), iconv_strlen('äö', 'UTF-8'), @iconv('UTF-8', 'ASCII', 'ä'));
