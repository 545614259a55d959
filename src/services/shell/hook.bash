# SPDX-License-Identifier: AGPL-3.0-or-later
# PROMPT_COMMAND is a list or a text, as the user has it.
# shellcheck shell=bash disable=SC2128,SC2178
# Part of the program: cmake/embed.cmake takes what follows the first blank line, and @PROGRAM@ there
# stands for the quoted path of the program. What must stay true, in hook.bash, .zsh and .fish alike:
# - Nothing at a prompt forks, but to start a listener or to end one's own.
# - An identity or a project that somebody else has set stays as it is. Ours are told apart by the
#   copies in __SYNAPSE_AUTO_…, which are exported: a shell within the shell gets its own.
# - The file's name is the one that services/pid_file.cpp computes, and the file says "PID OWNER".
# - /proc/PID/comm tells our listener from a process that has got its number since.
# - .synapse/project is whoever's the repository is: it is no link, and names a project or nothing.
# - An agent's harness may copy the functions into another shell, without the variables, or without
#   the functions whose names begin with an underscore. A provider is then run as it is.

# Synapse in this terminal; SYNAPSE_AUTO_CONNECT=0 turns it off.
__synapse_program=@PROGRAM@

# Whether a text can be a project's name: what names have a meaning for, hubs refuse.
__synapse_is_name() {
  case $1 in
    '' | *[][:cntrl:][,*?/]* | [Aa][Ll][Ll] | [Ss][Ee][Ll][Ff]) return 1 ;;
    [Ss][Yy][Ss][Tt][Ee][Mm] | [Ss][Yy][Nn][Aa][Pp][Ss][Ee][Hh][Uu][Bb]) return 1 ;;
  esac
  ((${#1} <= 64))
}

# Who this terminal is: sets and exports SYN_PROJECT and SYN_IDENTITY.
__synapse_resolve() {
  local IFS=$' \t\r\n' project='' top=$PWD
  if [[ -n ${SYN_PROJECT-} && ${SYN_PROJECT-} != "${__SYNAPSE_AUTO_PROJECT-}" ]]; then
    project=$SYN_PROJECT
  else
    if [[ -n ${SYN_IDENTITY-} && ${SYN_IDENTITY-} != "${__SYNAPSE_AUTO_IDENTITY-}" ]]; then
      project=${SYN_IDENTITY%%/*}
    else
      while [[ $top == /* && ! -e $top/.git ]]; do top=${top%/*}; done
      if [[ ${SYNAPSE_AUTO_PROJECT_FROM_CWD-} == 1 ]]; then
        project=${top:-$PWD}
        project=${project##*/}
      elif [[ -n $top && -f $top/.synapse/project && -r $top/.synapse/project ]] &&
        [[ ! -L $top/.synapse && ! -L $top/.synapse/project ]]; then
        builtin read -r -n 256 project <"$top/.synapse/project" || :
        project=${project:-${top##*/}}
      fi
      __synapse_is_name "$project" || project=''
    fi
    project=${project:-${SYNAPSE_DEFAULT_PROJECT:-user}}
    export SYN_PROJECT=$project __SYNAPSE_AUTO_PROJECT=$project
  fi
  if [[ -z ${SYN_IDENTITY-} || ${SYN_IDENTITY-} == "${__SYNAPSE_AUTO_IDENTITY-}" ]]; then
    local id=${SYN_AGENT_ID:-${SYNAPSE_TERMINAL_ID:-$$}}
    export SYN_IDENTITY=$project/${SYN_AGENT_TYPE:-terminal}-$id
    export __SYNAPSE_AUTO_IDENTITY=$SYN_IDENTITY
  fi
}

# Ends the listener that this shell has started for the identity that it had before. Looked after at
# each prompt: it may have been left while it was still starting.
__synapse_end_left() {
  local IFS=$' \t\r\n' pid='' owner=''
  if [[ -n ${__synapse_left-} && -f $__synapse_left ]]; then
    { builtin read -r pid owner <"$__synapse_left"; } 2>/dev/null || :
    if [[ $owner == "$$" && -n $pid ]]; then
      builtin kill -TERM "$pid" 2>/dev/null || :
    fi
  fi
}

# One listener for the identity, whoever started it.
__synapse_listen() {
  local IFS=$' \t\r\n' pid='' owner='' comm=''
  local folder=/tmp/synapse-shell-$UID key=${SYN_IDENTITY//[%]/%25}
  if [[ ${XDG_RUNTIME_DIR-} == /* ]]; then folder=$XDG_RUNTIME_DIR/synapse-shell; fi
  local file=$folder/${key//\//%2F}.pid
  if [[ ${__synapse_file-} != "$file" ]]; then
    __synapse_left=${__synapse_file-} __synapse_file=$file __synapse_next=0
  fi
  if [[ -f $file && -O $file ]]; then
    { builtin read -r pid owner <"$file"; } 2>/dev/null || :
    if [[ -n $pid ]]; then
      { builtin read -r comm <"/proc/$pid/comm"; } 2>/dev/null || :
      if [[ $comm == "${__synapse_program##*/}" ]]; then return 0; fi
    fi
  fi
  if ((SECONDS < __synapse_next)); then return 0; fi
  __synapse_next=$((SECONDS + 2))
  (
    command "$__synapse_program" arm --name="$SYN_IDENTITY-rx" --for="$SYN_IDENTITY" \
      --directed-only --while-pid=$$ --pid-file="$file" --log="${file%.pid}.log" \
      </dev/null >/dev/null 2>&1 &
  )
}

__synapse_prompt() {
  local __synapse_status=$?
  if [[ ${SYNAPSE_AUTO_CONNECT-} == 0 || ! -x $__synapse_program ]]; then
    __synapse_left=${__synapse_file:-${__synapse_left-}} __synapse_file=''
  else
    __synapse_resolve
    __synapse_listen
  fi
  __synapse_end_left
  return "$__synapse_status"
}

__synapse_run() {
  if [[ ${SYNAPSE_AUTO_CONNECT-} != 0 && -x ${__synapse_program-} ]] && type -P "$1" >/dev/null; then
    __synapse_resolve
    "$__synapse_program" worker-session --project="$SYN_PROJECT" --identity="$SYN_IDENTITY" \
      -- "$@"
  else
    command "$@"
  fi
}

if [[ ${PROMPT_COMMAND[*]-} != *__synapse_prompt* ]]; then
  if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == 'declare -a'* ]]; then
    PROMPT_COMMAND=(__synapse_prompt "${PROMPT_COMMAND[@]}")
  else
    PROMPT_COMMAND=__synapse_prompt${PROMPT_COMMAND:+;$PROMPT_COMMAND}
  fi
fi
