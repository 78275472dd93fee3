# Tab completion of `deepen` in fish: the programs say themselves what fits; where nothing does, files.
complete -c deepen -a '(deepen --complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
