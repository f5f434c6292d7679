# elvish completions of get-1password-creds

use str

set edit:completion:arg-completer[get-1password-creds] = {|@words|
  get-1password-creds completions elvish -- (all $words[..-1]) 2>/dev/null | each {|line|
    if (eq $line /) {
      edit:complete-filename $@words
    } elif (or (str:has-prefix $words[-1] -) (not (str:has-prefix $line -))) {
      put (str:join '|' [(str:split '|' $line)][..-1])
    }
  }
}
