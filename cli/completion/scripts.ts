// What each shell needs to know to ask `lab __complete` for the words that may come next.

/** `words` are those after the program's name; the last of them is the one that is being typed. */
const bash = (lab: string) => `# lab's completion for bash: source it, as from ~/.bashrc
_lab() {
  local IFS=$'\\n' found
  found=$("\${COMP_WORDS[0]:-${lab}}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [[ $found == :files* ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  local line
  for line in $found; do COMPREPLY+=("\${line%%$'\\t'*}"); done
}
complete -F _lab lab
`;

const zsh = (lab: string) => `#compdef lab
# lab's completion for zsh: source it after compinit, or save it as _lab in a folder of fpath
_lab() {
  local line
  local -a lines items
  lines=("\${(@f)$("\${words[1]:-${lab}}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == :files* ]]; then
    _files
    return
  fi
  for line in $lines; do
    [[ -n $line ]] && items+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V lab items
}
if [ "$funcstack[1] " = "_lab " ]; then _lab; else (( $+functions[compdef] )) && compdef _lab lab; fi
`;

const fish = (lab: string) => `# lab's completion for fish: save it as ~/.config/fish/completions/lab.fish
function __lab_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l program $words[1]
  test -n "$program"; or set program ${lab}
  set -l found ($program __complete -- $words[2..-1] 2>/dev/null)
  if string match -q ':files*' -- $found[1]
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c lab -f -a '(__lab_complete)'
`;

/** The scripts, by shell; each takes how this program is called. */
export const scripts: Readonly<Record<string, (lab: string) => string>> = { bash, zsh, fish };
