# bash completions of get-1password-creds
# shellcheck shell=bash

_get_1password_creds() {
  local current=${COMP_WORDS[COMP_CWORD]} line word
  # `--option=value` comes in three words.
  [[ $current != = ]] || current=
  COMPREPLY=()
  while IFS= read -r line; do
    word=${line%|*}
    if [[ $line == / ]]; then
      # Version 3.2, which macOS has, can't mark folders so.
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do
        COMPREPLY+=("$word")
      done < <(compgen -f -- "$current")
    elif [[ $word == "$current"* && ($word != -* || $current == -*) ]]; then
      COMPREPLY+=("$(printf %q "$word")")
    fi
  done < <(get-1password-creds completions bash -- "${COMP_WORDS[@]:0:COMP_CWORD}" 2>/dev/null)
}

complete -F _get_1password_creds get-1password-creds
