#!/bin/sh
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# usage: check_answers.sh COMMAND FORMS
# The shell's answers to FORMS are those that stand in its comments, `;=> answer`, one behind each form.
wanted=$(sed -n 's/^;=> //p' "$2")
got=$("$1" shell "$2")
test -n "$wanted" && test "$wanted" = "$got" && exit 0
echo "The shell answered:"
echo "$got"
echo "and this is expected:"
echo "$wanted"
exit 1
