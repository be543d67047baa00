// What each shell needs to know to ask `lab __complete` for the words that may come next.

/** `words` are those after the program's name; the last of them is the one that is being typed. */
const bash = (lab: string) => `# lab's completion for bash: source it, as from ~/.bashrc
_lab() {
  local IFS=$'\\n' found line last before begin i
  local -a words=()
  # Readline ends words at = and :, and lab does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    last=\${COMP_WORDS[i]} before=\${COMP_WORDS[i - 1]}
    if ((\${#words[@]})) && [[ $last == [=:]* || $before == *[=:] ]] &&
      ! { ((i == COMP_CWORD)) && [[ -z $last && \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]]; }; then
      words[\${#words[@]} - 1]+=$last
    else
      words+=("$last")
    fi
  done
  last=\${words[\${#words[@]} - 1]}
  begin=
  [[ $last == *[=:]* ]] && begin=\${last%"\${last##*[=:]}"}
  found=$("\${COMP_WORDS[0]:-${lab}}" __complete -- "\${words[@]}" 2>/dev/null)
  COMPREPLY=()
  if [[ $found == :files* ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  for line in $found; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$begin"}")
  done
  # What goes on after such a sign is the same word.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=/.] ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _lab lab
`;

const zsh = (lab: string) => `#compdef lab
# lab's completion for zsh: source it after compinit, or save it as _lab in a folder of fpath
_lab() {
  local line
  local -a lines items open
  lines=("\${(@f)$("\${words[1]:-${lab}}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == :files* ]]; then
    compset -P '--*='
    _files
    return
  fi
  for line in $lines; do
    [[ -n $line ]] || continue
    # What goes on after such a sign is the same word.
    if [[ \${line%%$'\\t'*} == *[=/.] ]]; then open+=("\${line%%$'\\t'*}")
    else items+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( $#open )) && compadd -S '' -a open
  _describe -V lab items
}
if [ "$funcstack[1]" = "_lab" ]; then _lab; else (( $+functions[compdef] )) && compdef _lab lab; fi
`;

const fish = (lab: string) => `# lab's completion for fish: save it as ~/.config/fish/completions/lab.fish
function __lab_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l program $words[1]
  test -n "$program"; or set program ${lab}
  set -l found ($program __complete -- $words[2..-1] 2>/dev/null)
  if string match -q ':files*' -- $found[1]
    set -l begin (string match -r '^--[^=]+=' -- (commandline -ct))
    for path in (__fish_complete_path (string replace -- "$begin" '' (commandline -ct)))
      echo "$begin$path"
    end
  else
    printf '%s\\n' $found
  end
end
complete -c lab -f -a '(__lab_complete)'
`;

/** The scripts, by shell; each takes how this program is called. */
export const scripts: Readonly<Record<string, (lab: string) => string>> = { bash, zsh, fish };
