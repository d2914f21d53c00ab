// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A struct of a configuration has at most sixty-four fields.
// EXPECT-ERROR: cairn::Config .count.: a struct of a configuration has at most 64 fields
#include <cairn/config/check.hpp>

struct Config {
  int field_0 = 0, field_1 = 1, field_2 = 2, field_3 = 3, field_4 = 4, field_5 = 5, field_6 = 6, field_7 = 7;
  int field_8 = 8, field_9 = 9, field_10 = 10, field_11 = 11, field_12 = 12, field_13 = 13, field_14 = 14,
      field_15 = 15;
  int field_16 = 16, field_17 = 17, field_18 = 18, field_19 = 19, field_20 = 20, field_21 = 21, field_22 = 22,
      field_23 = 23;
  int field_24 = 24, field_25 = 25, field_26 = 26, field_27 = 27, field_28 = 28, field_29 = 29, field_30 = 30,
      field_31 = 31;
  int field_32 = 32, field_33 = 33, field_34 = 34, field_35 = 35, field_36 = 36, field_37 = 37, field_38 = 38,
      field_39 = 39;
  int field_40 = 40, field_41 = 41, field_42 = 42, field_43 = 43, field_44 = 44, field_45 = 45, field_46 = 46,
      field_47 = 47;
  int field_48 = 48, field_49 = 49, field_50 = 50, field_51 = 51, field_52 = 52, field_53 = 53, field_54 = 54,
      field_55 = 55;
  int field_56 = 56, field_57 = 57, field_58 = 58, field_59 = 59, field_60 = 60, field_61 = 61, field_62 = 62,
      field_63 = 63;
#ifdef SHOULD_FAIL
  int one_more = 64;
#endif
};
static_assert(cairn::config::check_config<Config>());
