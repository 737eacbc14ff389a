
# Behind cargo: what follows `cargo` is completed as if it stood alone, and all else as cargo's own
# completion has it, which bash-completion may not have loaded yet.
_cargo_jenny() {
    if [[ ${COMP_WORDS[1]-} == jenny ]] && ((COMP_CWORD > 1)); then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _jenny jenny "$2" "$3"
        return
    fi
    if ! declare -F _cargo >/dev/null && declare -F _completion_loader >/dev/null; then
        _completion_loader cargo
        complete -F _cargo_jenny -o bashdefault -o default cargo
    fi
    if declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}

complete -F _cargo_jenny -o bashdefault -o default cargo
