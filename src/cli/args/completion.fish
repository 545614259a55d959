# SPDX-License-Identifier: AGPL-3.0-or-later
# Part of the program: cmake/embed.cmake takes what follows the first blank line.

# Completions of synapse for fish: synapse completion fish | source
function __synapse_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ':files'
      __fish_complete_path "$current"
    else if test "$line" = ':commands'
      complete -C "$current"
    else
      echo $line
    end
  end
end
for program in synapse syn syn-name syn-wait syn-say syn-inbox syn-board
  complete -c $program -f -a '(__synapse_complete)'
end
