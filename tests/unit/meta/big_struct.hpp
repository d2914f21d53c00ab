// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A struct of as many fields as reflection knows.
#pragma once

namespace cairn::test {

struct Big {
  int field_0 = 0;
  int field_1 = 1;
  int field_2 = 2;
  int field_3 = 3;
  int field_4 = 4;
  int field_5 = 5;
  int field_6 = 6;
  int field_7 = 7;
  int field_8 = 8;
  int field_9 = 9;
  int field_10 = 10;
  int field_11 = 11;
  int field_12 = 12;
  int field_13 = 13;
  int field_14 = 14;
  int field_15 = 15;
  int field_16 = 16;
  int field_17 = 17;
  int field_18 = 18;
  int field_19 = 19;
  int field_20 = 20;
  int field_21 = 21;
  int field_22 = 22;
  int field_23 = 23;
  int field_24 = 24;
  int field_25 = 25;
  int field_26 = 26;
  int field_27 = 27;
  int field_28 = 28;
  int field_29 = 29;
  int field_30 = 30;
  int field_31 = 31;
  int field_32 = 32;
  int field_33 = 33;
  int field_34 = 34;
  int field_35 = 35;
  int field_36 = 36;
  int field_37 = 37;
  int field_38 = 38;
  int field_39 = 39;
  int field_40 = 40;
  int field_41 = 41;
  int field_42 = 42;
  int field_43 = 43;
  int field_44 = 44;
  int field_45 = 45;
  int field_46 = 46;
  int field_47 = 47;
  int field_48 = 48;
  int field_49 = 49;
  int field_50 = 50;
  int field_51 = 51;
  int field_52 = 52;
  int field_53 = 53;
  int field_54 = 54;
  int field_55 = 55;
  int field_56 = 56;
  int field_57 = 57;
  int field_58 = 58;
  int field_59 = 59;
  int field_60 = 60;
  int field_61 = 61;
  int field_62 = 62;
  int field_63 = 63;
};

}  // namespace cairn::test
