# shellcheck shell=bash
# Sourced by the scripts beside it: works from the top of the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

node_minimum=20

node_is_new_enough() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    ((${version%%.*} >= node_minimum))
}

# npm's own folder of links is left empty by the npm of Debian 12.
use_node() {
    local folder
    node_is_new_enough && return
    for folder in "$PWD"/tests/node/node_modules/node-linux-*/bin; do
        PATH="$folder:$PATH"
    done
}

# Prints the browser's path; the environment's CHROMIUM comes first.
find_browser() {
    local name path
    for name in "${CHROMIUM:-}" chromium google-chrome google-chrome-stable chrome; do
        [[ -n $name ]] && path=$(type -P "$name") && echo "$path" && return
    done
    return 1
}

# In a clone without the files of old commits (--filter=blob:none), git would fetch each by itself as it is read.
fetch_missing() {
    local remote missing
    remote=$(git config --get-regexp '^remote\..*\.promisor$' '^true$' | sed -nE '1s/^remote\.(.*)\.promisor .*/\1/p') || true
    [[ -n $remote ]] || return 0
    missing=$(git rev-list --objects --all --missing=print | sed -n 's/^?//p')
    [[ -n $missing ]] || return 0
    echo "fetching the files of old commits from $remote"
    git -c fetch.negotiationAlgorithm=noop fetch -q "$remote" --no-tags --no-write-fetch-head --recurse-submodules=no --filter=blob:none --stdin <<<"$missing"
}

# configure_tree DIR [MESON-OPTION...]: when the options, the checkout's place or the set of tests changed.
configure_tree() {
    local dir=$1 setup
    shift
    setup="$PWD $*"
    [[ $setup != *-Dtests=true* ]] || setup+=$'\n'$(find tests/unit modules -name 'test_*.c' | LC_ALL=C sort)
    [[ -f $dir/build.ninja && $(cat "$dir/.setup" 2>/dev/null) == "$setup" ]] && return
    rm -rf "$dir/build.ninja" "$dir/meson-private" "$dir/meson-info"
    mkdir -p "$dir"
    if ! meson setup "$dir" "$@" >"$dir/setup.log" 2>&1; then
        cat "$dir/setup.log" >&2
        return 1
    fi
    echo "$setup" >"$dir/.setup"
}

# build_tree DIR [MESON-OPTION...]: shows its progress the first time, later only warnings and failures.
build_tree() {
    local dir=$1 ninja
    ninja=(ninja -C "$dir" -j "$(nproc)")
    configure_tree "$@"
    if [[ ! -f $dir/.ninja_log ]]; then
        echo "building $dir"
        if [[ -t 1 ]]; then
            "${ninja[@]}"
            return
        fi
    fi
    if ! "${ninja[@]}" --quiet >"$dir/build.log" 2>&1; then
        cat "$dir/build.log" >&2
        return 1
    fi
    grep -aE -A 8 'warning: ' "$dir/build.log" || true
}

# The fuzzers, where clang has libFuzzer; their tests are skipped without.
build_fuzzers() {
    type -P clang >/dev/null || return 0
    echo 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return !b && n; }' |
        clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - 2>/dev/null || return 0
    CC=clang build_tree build/fuzz -Dfuzz=true -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
}
