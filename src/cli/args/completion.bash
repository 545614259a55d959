# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=bash
# Part of the program: cmake/embed.cmake takes what follows the first blank line.

# Completions of synapse for bash: source <(synapse completion bash)
_synapse() {
  local line current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ':commands' ]; then
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "$current" | sort -u)
    elif [ "$line" = ':files' ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _synapse synapse syn syn-name syn-wait syn-say syn-inbox syn-board
