# SPDX-License-Identifier: AGPL-3.0-or-later
# Part of the program: cmake/embed.cmake takes what follows the first blank line.

#compdef synapse syn syn-name syn-wait syn-say syn-inbox syn-board
# Completions of synapse for zsh: source <(synapse completion zsh)
_synapse() {
  local line files=0 programs=0
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      files=1
    elif [[ $line == ':commands' ]]; then
      programs=1
    else
      candidates+=("${line/$'\t'/:}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#candidates} )) && _describe 'synapse' candidates
  (( programs )) && _command_names -e
  (( files )) && _files
  return 0
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _synapse synapse syn syn-name syn-wait syn-say syn-inbox syn-board
