"""Typical broken configurations, and the messages that tusk must print: what is wrong, where, and
what to do. `site` contains an index.php; {dir} is the directory of all files, and {extensions}
where PHP looks for extensions.

Each message was read with the question whether a person could repair the file with nothing else.
To add a case, write down what a user has to be told, not what tusk prints."""

from harness.broken_configurations import names, php, toml, values
from harness.broken_configurations.case import ROOT, Case

__all__ = ["CASES", "ROOT", "Case"]

CASES = toml.CASES | names.CASES | values.CASES | php.CASES
