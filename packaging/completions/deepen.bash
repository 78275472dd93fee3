# Tab completion of `deepen` in bash: the programs say themselves what fits.
_deepen() {
    local line IFS=$'\n'
    COMPREPLY=()
    for line in $(deepen --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
        COMPREPLY+=("${line%%$'\t'*}")
    done
}
complete -o bashdefault -o default -F _deepen deepen
