# SPDX-License-Identifier: AGPL-3.0-or-later
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
set -g __synapse_program @PROGRAM@

# Whether a text can be a project's name: what names have a meaning for, hubs refuse.
function __synapse_is_name
    not string match -qir '^(all|self|system|synapsehub)$|[[:cntrl:]\\[\\],*?/]' -- "$argv[1]"
    and test -n "$argv[1]" -a (string length -- "$argv[1]") -le 64
end

# Who this terminal is: sets and exports SYN_PROJECT and SYN_IDENTITY.
function __synapse_resolve
    set -l project
    if test -n "$SYN_PROJECT"; and test "$SYN_PROJECT" != "$__SYNAPSE_AUTO_PROJECT"
        set project "$SYN_PROJECT"
    else
        if test -n "$SYN_IDENTITY"; and test "$SYN_IDENTITY" != "$__SYNAPSE_AUTO_IDENTITY"
            set project (string replace -r '/.*' '' -- "$SYN_IDENTITY")
        else
            set -l top "$PWD"
            while test -n "$top"; and not test -e "$top/.git"
                set top (string replace -r '/?[^/]*$' '' -- "$top")
            end
            if test "$SYNAPSE_AUTO_PROJECT_FROM_CWD" = 1
                test -n "$top"; or set top "$PWD"
                set project (string replace -r '.*/' '' -- "$top")
            else if test -n "$top" -a -f "$top/.synapse/project" -a -r "$top/.synapse/project"
                and not test -L "$top/.synapse" -o -L "$top/.synapse/project"
                read -l -n 256 line <"$top/.synapse/project"
                set project (string trim -- "$line")
                test -n "$project"; or set project (string replace -r '.*/' '' -- "$top")
            end
            __synapse_is_name "$project"; or set project ''
        end
        test -n "$project"; or set project "$SYNAPSE_DEFAULT_PROJECT"
        test -n "$project"; or set project user
        set -gx SYN_PROJECT "$project"
        set -gx __SYNAPSE_AUTO_PROJECT "$project"
    end
    if test -z "$SYN_IDENTITY"; or test "$SYN_IDENTITY" = "$__SYNAPSE_AUTO_IDENTITY"
        set -l type terminal
        test -n "$SYN_AGENT_TYPE"; and set type "$SYN_AGENT_TYPE"
        set -l id $fish_pid
        test -n "$SYNAPSE_TERMINAL_ID"; and set id "$SYNAPSE_TERMINAL_ID"
        test -n "$SYN_AGENT_ID"; and set id "$SYN_AGENT_ID"
        set -gx SYN_IDENTITY "$project/$type-$id"
        set -gx __SYNAPSE_AUTO_IDENTITY "$SYN_IDENTITY"
    end
end

# Ends the listener that this shell has started for the identity that it had before. Looked after at
# each prompt: it may have been left while it was still starting.
function __synapse_end_left
    if test -n "$__synapse_left" -a -f "$__synapse_left"
        read -l -d ' ' pid owner <"$__synapse_left" 2>/dev/null
        if test "$owner" = $fish_pid; and test -n "$pid"
            command kill -TERM "$pid" 2>/dev/null
        end
    end
end

# Whether the process is a listener, running or on its way.
function __synapse_is_listener
    test -n "$argv[1]" -a -r "/proc/$argv[1]/comm"; or return 1
    read -l comm <"/proc/$argv[1]/comm" 2>/dev/null
    test "$comm" = (string replace -r '.*/' '' -- "$__synapse_program") -o "$comm" = fish
end

# One listener for the identity, whoever started it.
function __synapse_listen
    set -l folder "$__synapse_folder"
    string match -q '/*' -- "$XDG_RUNTIME_DIR"; and set folder "$XDG_RUNTIME_DIR/synapse-shell"
    set -l key (string replace -a % %25 -- "$SYN_IDENTITY")
    set -l file "$folder/"(string replace -a / %2F -- "$key")
    if test "$__synapse_file" != "$file.pid"
        set -g __synapse_left "$__synapse_file"
        set -g __synapse_file "$file.pid"
        set -g __synapse_started ''
    end
    __synapse_is_listener "$__synapse_started"; and return 0
    if test -f "$file.pid" -a -O "$file.pid"
        read -l -d ' ' pid owner <"$file.pid" 2>/dev/null
        __synapse_is_listener "$pid"; and return 0
    end
    command "$__synapse_program" arm --name="$SYN_IDENTITY-rx" --for="$SYN_IDENTITY" \
        --directed-only --while-pid=$fish_pid --pid-file="$file.pid" --log="$file.log" \
        </dev/null >/dev/null 2>&1 &
    set -g __synapse_started $last_pid
    disown $last_pid 2>/dev/null
end

function __synapse_prompt --on-event fish_prompt
    set -l before $status
    if test "$SYNAPSE_AUTO_CONNECT" = 0; or not test -x "$__synapse_program"
        test -n "$__synapse_file"; and set -g __synapse_left "$__synapse_file"
        set -g __synapse_file ''
        set -g __synapse_started ''
    else
        __synapse_resolve
        __synapse_listen
    end
    __synapse_end_left
    return $before
end

function __synapse_run
    if test "$SYNAPSE_AUTO_CONNECT" != 0; and test -x "$__synapse_program"; and command -q $argv[1]
        __synapse_resolve
        command "$__synapse_program" worker-session --project="$SYN_PROJECT" \
            --identity="$SYN_IDENTITY" -- $argv
    else
        command $argv
    end
end

set -g __synapse_file ''
set -g __synapse_left ''
set -g __synapse_started ''
set -g __synapse_folder /tmp/synapse-shell-(command id -u)
