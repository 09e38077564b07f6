#!/bin/sh
# Runs the tests that make one column of the table of promises, and prints it.
#
#   integration/run.sh test|faults|soak ARGUMENTS-OF-GO-TEST
#
# With WRITE set, the column is written into integration/FIGURES.md as well.
set -u

run=$1
shift
figures=$(mktemp -d) || exit 1
trap 'rm -rf "$figures"' EXIT
status=0
TACIT_RUN=$run TACIT_FIGURES=$figures ${GO:-go} test "$@" || status=$?
${GO:-go} run ./integration/figures/table -dir "$figures" -run "$run" ${WRITE:+-write integration/FIGURES.md} || status=$?
exit "$status"
