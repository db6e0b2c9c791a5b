# shellcheck shell=bash
# Sourced by script/pipeline, after deploy/release.sh: what would otherwise grow with each run.

logs_kept=100

remove_logs() { # FOLDER
    find "$1" -maxdepth 1 -name '*.log' | sort | head -n "-$logs_kept" | xargs -r -d '\n' rm -f
}

# Of this machine's images NAME:COMMIT, all but those of these commits; another tag is somebody's own.
remove_images() { # NAME COMMIT...
    local name=$1 engine tag
    shift
    find_engine
    for tag in $($engine images --filter "reference=$name" --format '{{.Tag}}' | grep -xE '[0-9a-f]{40}'); do
        [[ " $* " == *" $tag "* ]] || $engine rmi "$name:$tag" >/dev/null 2>&1 || true
    done
}

# Of the registry in HOME, which must not run: the same, and what only the removed had.
remove_blobs() { # HOME REPOSITORY COMMIT...
    local home=$1 tags=$1/data/docker/registry/v2/repositories/$2/_manifests/tags tag
    shift 2
    [[ -d $tags ]] || return 0
    for tag in $(find "$tags" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -xE '[0-9a-f]{40}'); do
        [[ " $* " == *" $tag "* ]] || rm -r "${tags:?}/$tag"
    done
    env -u REGISTRY_AUTH_FILE docker-registry garbage-collect --delete-untagged "$home/config.yml" >"$home/collected" 2>&1 ||
        echo "the registry's old images stay: $(tail -n 1 "$home/collected")"
}
