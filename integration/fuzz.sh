#!/bin/sh
# Runs every fuzz target of the module in turn, each for the time given.
set -eu

time=${1:-30s}
go list -f '{{.Dir}}' ./... | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9]+' "$dir"/*_test.go 2>/dev/null | sed 's/func //' | while read -r target; do
		echo "== $target in ${dir#"$PWD"/} for $time"
		(cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .) </dev/null
	done
done
