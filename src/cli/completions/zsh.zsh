#compdef get-1password-creds

_get_1password_creds() {
  local -a before lines described
  local line
  before=("${(@)words[1,CURRENT-1]}")
  if [[ $PREFIX == --*=* ]]; then
    before+=("${PREFIX%%=*}" =)
    compset -P '*='
  fi
  lines=(${(f)"$(get-1password-creds completions zsh -- "${before[@]}" 2>/dev/null)"})
  if [[ $lines == / ]]; then
    _files
    return
  fi
  # _describe wants `word:meaning`.
  for line in "${(@)lines}"; do
    [[ $line == -* && $PREFIX != -* ]] || described+=("${${line%\|*}//:/\\:}${${line##*\|}:+:${line##*\|}}")
  done
  _describe 'completion' described
}

if [[ ${funcstack[1]} == _get-1password-creds ]]; then
  _get_1password_creds "$@"
else
  compdef _get_1password_creds get-1password-creds
fi
