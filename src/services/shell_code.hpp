// SPDX-License-Identifier: AGPL-3.0-or-later
// The hook's code, a template a shell. @PROGRAM@ stands for the quoted path of the program.
#pragma once

namespace synapse::services {

extern const char* const bash_code;
extern const char* const zsh_code;
extern const char* const fish_code;

}  // namespace synapse::services
