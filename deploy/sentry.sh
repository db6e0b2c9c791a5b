# shellcheck shell=bash
# Sourced by script/deploy: tells Sentry of what was released. Its silence undoes no release: it is said, and all goes on.

sentry_call() { # METHOD PATH CURL-FLAG...
    local method=$1 path=$2
    shift 2
    printf 'header = "Authorization: Bearer %s"\n' "$SENTRY_AUTH_TOKEN" |
        curl -sS --fail --config - -X "$method" --max-time 120 -o "$sentry_scratch/answer" "$@" \
            "${SENTRY_URL:-https://sentry.io}/api/0/$path" 2>"$sentry_scratch/error" && return
    echo "Sentry was not told all ($method $path: $(tail -n 1 "$sentry_scratch/error")): check SENTRY_AUTH_TOKEN, SENTRY_ORG and SENTRY_PROJECT" >&2
    return 1
}
sentry_json() { # METHOD PATH BODY
    printf '%s' "$3" >"$sentry_scratch/body"
    sentry_call "$1" "$2" -H 'Content-Type: application/json' --data-binary "@$sentry_scratch/body"
}

# The debug file and the sources, of the very image that was released.
sentry_files() { # IMAGE
    local plain=() layer
    ! is_loopback "$1" || plain=(--src-tls-verify=false)
    skopeo copy -q --src-authfile <(registry_login) "${plain[@]}" "docker://$1" "dir:$sentry_scratch/image" || return
    mkdir "$sentry_scratch/root"
    for layer in $(jq -r '.layers[].digest' "$sentry_scratch/image/manifest.json"); do
        tar -x -C "$sentry_scratch/root" -f "$sentry_scratch/image/${layer#sha256:}" --wildcards \
            'usr/lib/debug/*' 'usr/src/*' 2>/dev/null || true
    done
    python3 deploy/debug_files.py "$sentry_scratch/root" "$SENTRY_ORG/$SENTRY_PROJECT"
}

tell_sentry() { # IMAGE
    local organization now told_files
    [[ -n ${SENTRY_AUTH_TOKEN:-} ]] || return 0
    if [[ -z ${SENTRY_ORG:-} || -z ${SENTRY_PROJECT:-} ]]; then
        echo "Sentry was not told: SENTRY_AUTH_TOKEN is set, SENTRY_ORG or SENTRY_PROJECT is not" >&2
        return 0
    fi
    organization=organizations/$SENTRY_ORG
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    sentry_scratch=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$sentry_scratch'; $(trap -p EXIT | sed "s/^trap -- '\(.*\)' EXIT$/\1/")" EXIT
    if sentry_tell_all "$1"; then
        echo "told Sentry: release, commits,$told_files deploy to ${SENTRY_ENVIRONMENT:-production}"
    fi
}

sentry_tell_all() { # IMAGE; uses what tell_sentry has set
    local body
    body=$(python3 deploy/commits.py "$(commit)" | jq -c --arg version "$(commit)" --arg project "$SENTRY_PROJECT" \
        '{version: $version, projects: [$project], commits: .}')
    sentry_json POST "$organization/releases/" "$body" || return
    told_files=' debug file,'
    if ! sentry_files "$1" >"$sentry_scratch/error" 2>&1; then
        echo "Sentry did not take debug file and sources ($(tail -n 1 "$sentry_scratch/error")): events of this release will have no lines" >&2
        told_files=
    fi
    sentry_json PUT "$organization/releases/$(commit)/" "{\"dateReleased\": \"$now\"}" &&
        sentry_json POST "$organization/releases/$(commit)/deploys/" "$(jq -cn --arg environment "${SENTRY_ENVIRONMENT:-production}" \
            --arg now "$now" '{environment: $environment, dateFinished: $now}')"
}
