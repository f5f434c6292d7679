# fish completions of get-1password-creds

function __get_1password_creds
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l option ''
    if string match -q -- '--*=*' $current
        set option (string replace -r '=.*' '=' -- $current)
        set before $before (string replace = '' -- $option) =
    end
    for line in (get-1password-creds completions fish -- $before 2>/dev/null)
        if test "$line" = /
            __fish_complete_path $current
        else if string match -q -- '-*' $current; or not string match -q -- '-*' $line
            printf '%s\n' $option(string replace -r '\|([^|]*)$' '\t$1' -- $line)
        end
    end
end

complete -c get-1password-creds -f -a '(__get_1password_creds)'
