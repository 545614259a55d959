// SPDX-License-Identifier: AGPL-3.0-or-later
// Catch2's header, wherever this system keeps it: version 2 has one, version 3 has one for all.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
