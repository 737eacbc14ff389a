
# Behind cargo: its own completion calls this for the command of this name.
_cargo-jenny() {
    _jenny "$@"
}
