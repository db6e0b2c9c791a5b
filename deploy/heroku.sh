# shellcheck shell=bash
# Sourced by script/deploy: Heroku, by its Platform API and its registry.

need HEROKU_APP_NAME "it is the app's name on Heroku"
need HEROKU_API_KEY "it is a key of an account that may deploy the app: Account settings, API Key"
app=$HEROKU_APP_NAME
boot_limit=${BOOT_LIMIT:-120}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# request METHOD PATH [BODY] [ACCEPT-VERSION]: the answer is in $scratch/answer. The key is on no command line.
request() {
    local method=$1 path=$2 body=${3:-} version=${4:-3} data=()
    if [[ -n $body ]]; then
        printf '%s' "$body" >"$scratch/body"
        data=(-H 'Content-Type: application/json' --data-binary "@$scratch/body")
    fi
    http_status=$(printf 'header = "Authorization: Bearer %s"\n' "$HEROKU_API_KEY" |
        curl -sS --config - -X "$method" -o "$scratch/answer" -w '%{http_code}' --max-time 60 --retry 3 --retry-connrefused \
            -H "Accept: application/vnd.heroku+json; version=$version" -H 'Range: version ..; max=20, order=desc' \
            "${data[@]}" "https://api.heroku.com$path" 2>"$scratch/error") ||
        stop "api.heroku.com does not answer: $(tail -n 1 "$scratch/error")" "look at status.heroku.com, and run this again"
}
# call: the same, and ends where Heroku refuses.
call() {
    request "$@"
    case $http_status in
    2*) return ;;
    401) stop "Heroku refuses HEROKU_API_KEY" "make a new one (Account settings, API Key) and set it" ;;
    403) stop "Heroku does not let this account deploy $app" "add it to the app's collaborators" ;;
    404) stop "Heroku has no $2" "check HEROKU_APP_NAME ($app), and that the account may see it" ;;
    429) stop "Heroku takes no more requests of this account for now" "wait some minutes, and run this again" ;;
    *) stop "Heroku answers $http_status: $(answer '.message // "no reason"')" "see the reason" ;;
    esac
}
answer() { jq -r "$@" "$scratch/answer"; }

heroku_login() {
    jq -n --arg login "$(printf '_:%s' "$HEROKU_API_KEY" | base64 -w 0)" '{auths: {"registry.heroku.com": {auth: $login}}}'
}
heroku_copy() { # FROM TO [FLAG...]
    local from=$1 to=$2
    shift 2
    skopeo copy -q --format v2s2 --dest-authfile <(heroku_login) "$@" "$from" "docker://registry.heroku.com/$app/$to" \
        >"$scratch/copy" 2>&1 && return
    cat "$scratch/copy" >&2
    case $(<"$scratch/copy") in
    *registry.heroku.com*nauthorized* | *nauthorized* | *denied*)
        stop "registry.heroku.com or $(image_registry) refuses the login" \
            "check HEROKU_API_KEY, which may have expired, and Docker_password" ;;
    *) stop "the image cannot be copied to Heroku's registry" "see the lines above, and run this again" ;;
    esac
}

# Heroku takes a command only as an image's own: the release phase is the same image, with another word.
release_image() { # FROM
    local old new manifest=$scratch/image/manifest.json
    heroku_dir "$1"
    old=$(jq -r '.config.digest' "$manifest")
    jq -c '.config.Cmd = ["migrate"]' "$scratch/image/${old#sha256:}" >"$scratch/config"
    new=$(sha256sum "$scratch/config" | cut -d ' ' -f 1)
    mv "$scratch/config" "$scratch/image/$new"
    jq -c --arg digest "sha256:$new" --argjson size "$(stat -c %s "$scratch/image/$new")" \
        '.config.digest = $digest | .config.size = $size' "$manifest" >"$manifest.new"
    mv "$manifest.new" "$manifest"
    heroku_copy "dir:$scratch/image" "release:$(commit)"
    release_id=sha256:$new
}
heroku_dir() { # FROM
    local plain=()
    ! is_loopback "$(image_name)" || plain=(--src-tls-verify=false)
    skopeo copy -q --format v2s2 --src-authfile <(registry_login) "${plain[@]}" "$1" "dir:$scratch/image" \
        >"$scratch/copy" 2>&1 || explain "$scratch/copy" "copy of the image"
}

# What the app needs to know is set once, and never overwritten.
set_config() {
    local missing
    call GET "/apps/$app/config-vars"
    has_database=$(answer 'has("DATABASE_URL")')
    # shellcheck disable=SC2016
    missing=$(jq -c --arg host "$1" --arg dsn "${SENTRY_DSN:-}" \
        --arg key "${SECRET_KEY:-$(head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_')}" '
        . as $now
        | {SECRET_KEY: $key, ALLOWED_HOSTS: $host, TRUSTED_PROXIES: "heroku", DATA_DIR: "/tmp", SENTRY_DSN: $dsn,
           DATA_EPHEMERAL: (if has("DATABASE_URL") then "" else "1" end)}
        | with_entries(select(.value != "" and (.key as $key | $now | has($key) | not)))
        | if $now | has("DATABASE_URL") and has("DATA_EPHEMERAL") then .DATA_EPHEMERAL = null else . end' "$scratch/answer")
    if [[ $missing != '{}' ]]; then
        call PATCH "/apps/$app/config-vars" "$missing"
        echo "set $(jq -r 'keys | join(", ")' <<<"$missing")"
    fi
    [[ $has_database == true ]] || cat <<'T'
There is no DATABASE_URL: the site keeps its data in a SQLite file on the dyno's own disk, which Heroku empties at least
once a day and at every release. Good for a demo. To keep data: an add-on that sets DATABASE_URL.
T
}

newest_release() {
    call GET "/apps/$app/releases"
    cp "$scratch/answer" "$scratch/releases"
    newest_id=$(answer '.[0].id // ""') newest_version=$(answer '.[0].version // 0') newest_status=$(answer '.[0].status // ""')
}

# Until the release phase of the newest release has ended.
wait_for_release() {
    local start=$SECONDS
    newest_release
    while [[ $newest_status == pending ]]; do
        ((SECONDS - start < 600)) || stop "the release phase still runs after 10 minutes" "look at script/deploy heroku logs"
        sleep "${POLL_SECONDS:-2}"
        newest_release
    done
}

# Until a dyno of release VERSION answers.
wait_for_dyno() {
    local start=$SECONDS states
    while :; do
        call GET "/apps/$app/dynos"
        # shellcheck disable=SC2016
        states=$(answer --argjson version "$1" '[.[] | select(.type == "web" and .release.version == $version) | .state] | unique | join(" ")')
        [[ $states != up ]] || return 0
        if [[ $states == *crashed* ]]; then
            reason="the new release ended while it started"
            return 1
        fi
        if ((SECONDS - start >= boot_limit)); then
            reason="the new release did not answer on its PORT within $boot_limit s"
            return 1
        fi
        sleep "${POLL_SECONDS:-2}"
    done
}

smoke_test() { # URL
    local tries said
    for tries in 1 2 3 4 5; do
        said=$(deploy/smoke "$1" 2>&1) && return
        ((tries == 5)) || sleep "${POLL_SECONDS:-2}"
    done
    reason="smoke test: $said"
    return 1
}

print_logs() { # LINES
    call POST "/apps/$app/log-sessions" "{\"lines\": $1, \"tail\": false}"
    curl -sS --max-time 20 "$(answer .logplex_url)" || true
}

# back_to ID: releases an earlier release again, until it answers.
back_to() {
    call POST "/apps/$app/releases" "{\"release\": \"$1\"}"
    wait_for_release
    reason="its release phase failed"
    [[ $newest_status == succeeded ]] && wait_for_dyno "$newest_version"
}

find_app() {
    call GET "/apps/$app"
    web_url=$(answer .web_url)
    [[ $(answer '.build_stack.name // .stack.name') == container ]] || call PATCH "/apps/$app" '{"build_stack": "container"}'
}

deploy_release() {
    local host name digest updates before before_version
    need Docker_tag_image "it names the image to release, as acme/oc-lettings"
    find_app
    host=${web_url#*://}
    name=$(image_name)
    digest=$(pushed_digest "$name" "$(commit)")
    set_config "${host%%/*}"
    local plain=()
    ! is_loopback "$name" || plain=(--src-tls-verify=false)
    heroku_copy "docker://$name@$digest" "web:$(commit)" --src-authfile <(registry_login) "${plain[@]}"
    updates=$(jq -cn --arg id "$(web_id)" '[{type: "web", docker_image: $id}]')
    if [[ $has_database == true ]]; then
        release_image "docker://$name@$digest"
        updates=$(jq -c --arg id "$release_id" '. + [{type: "release", docker_image: $id}]' <<<"$updates")
    fi
    newest_release
    before=$(jq -r '[.[] | select(.current)][0].id // ""' "$scratch/releases")
    before_version=$(jq -r '[.[] | select(.current)][0].version // ""' "$scratch/releases")
    local last=$newest_id
    call PATCH "/apps/$app/formation" "{\"updates\": $updates}" 3.docker-releases
    wait_for_release
    if [[ $newest_status == failed ]]; then
        print_logs 50 >&2
        stop "the release phase of v$newest_version failed" \
            "v${before_version:-0} goes on serving; put right what the lines above say and push again"
    fi
    if ! { wait_for_dyno "$newest_version" && smoke_test "$web_url"; }; then
        undo "$last" "$before" "$before_version"
    fi
    if [[ $newest_id == "$last" ]]; then
        echo "v$newest_version has this image already: $web_url"
    else
        echo "released $(commit) as v$newest_version: $web_url"
    fi
    tell_sentry "$name@$digest"
}

# Ends the deployment that failed for $reason.
undo() { # ID-BEFORE-PATCH CURRENT-ID CURRENT-VERSION
    local failed=v$newest_version why=$reason
    print_logs 50 >&2
    [[ $newest_id != "$1" ]] || stop "$failed, which was released before: $why" "see script/deploy heroku logs"
    [[ -n $2 ]] || stop "$failed: $why" "there is no earlier release to go back to; put right what the lines above say and push again"
    back_to "$2" || stop "$failed: $why" "going back to v$3 failed too, $reason: script/deploy heroku rollback"
    stop "$failed: $why" "rolled back to v$3; put right what the lines above say and push again"
}

# The id that Heroku knows the pushed image by.
web_id() {
    skopeo inspect --raw --authfile <(heroku_login) "docker://registry.heroku.com/$app/web:$(commit)" | jq -er .config.digest
}

deploy_rollback() {
    local id version
    find_app
    newest_release
    id=$(jq -r '(map(select(.current))[0].version // 0) as $now
        | map(select(.status == "succeeded" and .version < $now))[0].id // ""' "$scratch/releases")
    [[ -n $id ]] || stop "$app has no earlier release" "release another one first"
    version=$(jq -r --arg id "$id" '.[] | select(.id == $id).version' "$scratch/releases")
    back_to "$id" || stop "going back to v$version failed: $reason" "see script/deploy heroku logs"
    smoke_test "$web_url" || stop "v$version: $reason" "see script/deploy heroku logs"
    echo "rolled back to v$version, as v$newest_version: $web_url"
}

deploy_status() {
    find_app
    echo "$web_url"
    newest_release
    jq -r '.[:5][] | "v\(.version) \(.status)\(if .current then ", current" else "" end): \(.description) (\(.created_at))"' "$scratch/releases"
    call GET "/apps/$app/dynos"
    answer '.[] | "\(.name) \(.state), v\(.release.version)"'
}

deploy_logs() { print_logs 200; }
