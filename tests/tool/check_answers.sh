#!/bin/sh
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# usage: check_answers.sh COMMAND FORMS
# The shell's answers to FORMS are those that stand in its comments, `;=> answer`, one behind each form; `;=> ...` is any that is no error.
wanted=$(sed -n 's/^;=> //p' "$2")
got=$("$1" shell "$2")
test -n "$wanted" && printf '%s\n' "$got" | awk -v wanted="$2" '
  BEGIN { while ((getline line <wanted) > 0) if (sub(/^;=> /, "", line)) answers[++count] = line }
  { wrong = wrong || !(NR in answers) || !(answers[NR] == $0 || (answers[NR] == "..." && $0 !~ /^#cairn\/error/)) }
  END { exit wrong || NR != count }' && exit 0
echo "The shell answered:"
echo "$got"
echo "and this is expected:"
echo "$wanted"
exit 1
