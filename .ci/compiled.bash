# For scripts that compile other workspaces than this one: they begin with what this one has compiled. The
# script that reads this has set `compiled`, the target folder of those workspaces, and `log`, a file of its own.

profiles=(debug function wasm32-wasip2/function)

# copy_compiled: copies the libraries of this workspace there.
copy_compiled() {
    local profile
    rm -rf "$compiled"
    for profile in "${profiles[@]}"; do
        [[ -d target/$profile/deps ]] || continue
        mkdir -p "$compiled/$profile/deps"
        cp -a "target/$profile/.fingerprint" "target/$profile/build" "$compiled/$profile/"
        find "target/$profile/deps" -type f \( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o -name '*.d' \) \
            -exec cp -a --target-directory "$compiled/$profile/deps" {} +
    done
    cp Cargo.lock "$compiled/"
}

# prepare_target: the same, unless it was done for this Cargo.lock.
prepare_target() {
    cmp --quiet Cargo.lock "$compiled/Cargo.lock" || copy_compiled
}

# Has cargo forget what it compiled of any package but the registry's, for the same reason.
forget_other_packages() {
    local name profile folder
    local -A known=()
    while read -r name; do
        known[$name]=1
    done < <(awk '/^name = / { name = $3 } /^source = / { gsub(/"/, "", name); print name }' Cargo.lock)
    for profile in "${profiles[@]}"; do
        for folder in "$compiled/$profile"/{.fingerprint,build}/*; do
            name=${folder##*/}
            [[ -n ${known[${name%-*}]:-} ]] || rm -rf "$folder"
        done
    done
}

# What is compiled twice takes minutes, so that it is a failure: docs/adr/0006.
without_wasmtime() {
    "$@" 2>&1 | tee "$log"
    if grep -q 'Compiling wasmtime v' "$log"; then
        echo "wasmtime was compiled once more: the new workspace has other versions, features or profiles"
        return 1
    fi
}
