<?php
// gettext without a catalogue returns the text.

var_dump(textdomain(null), _('text'), ngettext('one', 'many', 2));
