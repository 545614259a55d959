// SPDX-License-Identifier: AGPL-3.0-or-later
// SYNAPSE_API marks what the shared library exports; all else in it stays hidden.
#pragma once

#define SYNAPSE_API __attribute__((visibility("default")))
