
# Behind cargo: what follows `cargo` is completed as if it stood alone.
function __fish_cargo_jenny
    complete --do-complete (string replace --regex '^\s*cargo\s+' '' -- (commandline --cut-at-cursor --current-process | string collect))
end

complete --command cargo --condition '__fish_seen_subcommand_from jenny' --no-files --arguments '(__fish_cargo_jenny)'
