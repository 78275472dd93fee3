# What zsh shows after a Tab:  zsh -f completed.zsh FOLDER-OF-_deepen 'deepen train --sched'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "autoload -Uz compinit; compinit -u -D; fpath=(${(q)1} \$fpath); autoload -Uz _deepen; compdef _deepen deepen; PS1=ready"
zpty -r shell shown '*ready*ready*'
zpty -n -w shell "$2"$'\t'
for wait in {1..50}; do
    sleep 0.1
    while zpty -r -t shell more; do shown+=$more; done
    [[ $shown = *${2}?* ]] && break
done
print -r -- "$shown"
