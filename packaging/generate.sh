#!/bin/sh
# Writes the manual pages and the completions that a built tusk makes.
# usage: packaging/generate.sh BUILD-DIRECTORY OUTPUT-DIRECTORY
set -eu
build=$1 output=$2
mkdir -p "$output"
# They are the same for each build of the sources, so they need no PHP.
for page in tusk.1 tusk.toml.5; do "$build/tusk-server" help --man "$page" >"$output/$page"; done
"$build/tusk-server" help --completions bash >"$output/tusk.bash"
"$build/tusk-server" help --completions zsh >"$output/_tusk"
"$build/tusk-server" help --completions fish >"$output/tusk.fish"
