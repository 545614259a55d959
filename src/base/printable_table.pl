#!/usr/bin/perl
# SPDX-License-Identifier: AGPL-3.0-or-later
# Writes printable_table.hpp, from the Unicode data that comes with perl:
#
#   perl src/base/printable_table.pl >src/base/printable_table.hpp
#
# What has no shape of its own, or none that a reader can rely on: controls, format characters,
# surrogates, private use and unassigned code points (C*), separators other than the plain space
# (Z*), and whatever else a renderer may leave out (Default_Ignorable_Code_Point).
use strict;
use warnings;
use Unicode::UCD;

my $unprintable = qr/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/;
my @ranges;
for my $point (0 .. 0x10FFFF) {
  next if $point == 0x20;
  next unless ($point >= 0xD800 && $point <= 0xDFFF) || chr($point) =~ $unprintable;
  if (@ranges && $ranges[-1][1] == $point - 1) {
    $ranges[-1][1] = $point;
  } else {
    push @ranges, [$point, $point];
  }
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"HEAD";
// SPDX-License-Identifier: AGPL-3.0-or-later
// Written by printable_table.pl from Unicode $version; private to base.
#pragma once

#include <array>

namespace synapse::base {

struct PointRange {
  char32_t first;
  char32_t last;
};

// In rising order; they neither overlap nor touch.
// clang-format off
inline constexpr std::array<PointRange, @{[scalar @ranges]}> unprintable_ranges{{
HEAD
my $line = " ";
for my $range (@ranges) {
  my $text = sprintf(" {0x%X, 0x%X},", @$range);
  if (length($line) + length($text) > 100) {
    print "$line\n";
    $line = " ";
  }
  $line .= $text;
}
print "$line\n}};\n// clang-format on\n\n}  // namespace synapse::base\n";
