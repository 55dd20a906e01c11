# shellcheck shell=bash
# shellcheck source=resident.sh
. "$(dirname "${BASH_SOURCE[0]}")/resident.sh"
