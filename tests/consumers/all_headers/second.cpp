// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every public header, after what Qt and the C library define as macros in many programs, and among names that collide
// with ours. What a header defines and is not inline would be the definition of this unit, which has one.
#include <sys/sysmacros.h>  // major, minor, makedev

#define emit
#define slots
#define signals public
#define forever for (;;)
#define foreach(variable, container) for (variable : container)

struct Value {};
struct Error {};
struct Store {};
namespace store {}

#include "all_headers.hpp"

int second();
int second() { return 0; }
