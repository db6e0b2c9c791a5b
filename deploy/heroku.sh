# shellcheck shell=bash
# Sourced by script/deploy: Heroku, by its Platform API and its registry.

need HEROKU_APP_NAME "it is the app's name on Heroku"
need HEROKU_API_KEY "it is the token of an account that may deploy the app: Account settings, Applications, Create authorization"

# plain NAME: without the line's end that copying brings along, and refused where it has what no name and no key has.
plain() {
    local value=${!1%"${!1##*[![:space:]]}"}
    [[ $value =~ ^[A-Za-z0-9._-]+$ ]] ||
        stop "$1 has a character that none has" "copy it anew, without quotes, spaces and line ends (docs/deploy.md)"
    printf -v "$1" %s "$value"
}
plain HEROKU_APP_NAME
plain HEROKU_API_KEY
app=$HEROKU_APP_NAME
boot_limit=${BOOT_LIMIT:-120}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# try METHOD PATH [BODY] [ACCEPT-VERSION]: the answer is in $scratch/answer; where there is none, $reason and $remedy say
# why. The key is on no command line.
try() {
    local method=$1 path=$2 body=${3:-} version=${4:-3} flags=()
    if [[ -n $body ]]; then
        printf '%s' "$body" >"$scratch/body"
        flags=(-H 'Content-Type: application/json' --data-binary "@$scratch/body")
    fi
    # Other lists refuse the range of this one.
    [[ "$method $path" != "GET /apps/$app/releases" ]] || flags+=(-H 'Range: version ..; max=100, order=desc')
    if ! http_status=$(printf 'header = "Authorization: Bearer %s"\n' "$HEROKU_API_KEY" |
        curl -sS --config - -X "$method" -o "$scratch/answer" -w '%{http_code}' --max-time 60 --retry 3 --retry-connrefused \
            -H "Accept: application/vnd.heroku+json; version=$version" "${flags[@]}" "https://api.heroku.com$path" 2>"$scratch/error"); then
        reason="api.heroku.com does not answer: $(tail -n 1 "$scratch/error")" remedy="look at status.heroku.com, and run this again"
        return 1
    fi
    [[ $http_status != 2* ]] || ! jq -e 'type == "object" or type == "array"' "$scratch/answer" >/dev/null 2>&1 || return 0
    refusal "$path"
    return 1
}
refusal() { # PATH
    case $http_status in
    401) reason="Heroku refuses HEROKU_API_KEY" remedy="make a new one (Account settings, Applications, Create authorization) and set it" ;;
    403) reason="Heroku does not let this account deploy $app" remedy="add it to the app's collaborators" ;;
    404) reason="Heroku has no $1" remedy="check HEROKU_APP_NAME ($app), and that the account may see it" ;;
    429) reason="Heroku takes no more requests of this account for now" remedy="wait some minutes, and run this again" ;;
    *)
        reason="Heroku answers $http_status to $1: $(answer '.message // "" | select(. != "")' 2>/dev/null || true)"
        remedy="see the reason, and status.heroku.com"
        [[ $reason != *': ' ]] || reason+="no reason"
        ;;
    esac
}
# call: the same, and ends where Heroku refuses.
call() { try "$@" || stop "$reason" "$remedy"; }
answer() { jq -r "$@" "$scratch/answer"; }

heroku_login() {
    jq -n --arg login "$(printf '_:%s' "$HEROKU_API_KEY" | base64 -w 0)" '{auths: {"registry.heroku.com": {auth: $login}}}'
}
heroku_copy() { # FROM TO [FLAG...]
    local from=$1 to=$2 reason='' remedy
    shift 2
    skopeo copy -q --format v2s2 --dest-authfile <(heroku_login) "$@" "$from" "docker://registry.heroku.com/$app/$to" \
        >"$scratch/copy" 2>&1 && return
    cat "$scratch/copy" >&2
    case $(<"$scratch/copy") in
    *registry.heroku.com*nauthorized* | *nauthorized* | *denied*)
        stop "registry.heroku.com or $(image_registry) refuses the login" \
            "check HEROKU_API_KEY, which may have expired, and Docker_password" ;;
    esac
    registry_cause "$(<"$scratch/copy")" "registry.heroku.com or $(image_registry)" write || remedy="see the lines above, and run this again"
    stop "the image cannot be copied to Heroku's registry${reason:+: $reason}" "$remedy"
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

read_releases() {
    try GET "/apps/$app/releases" || return
    cp "$scratch/answer" "$scratch/releases"
}
newest() { jq -r ".[0].$1 // \"\"" "$scratch/releases"; }
current() { jq -r "map(select(.current))[0].$1 // \"\"" "$scratch/releases"; }
of_version() { jq -r --argjson version "${1:-0}" "map(select(.version == \$version))[0].$2 // \"\"" "$scratch/releases"; } # VERSION KEY

# The version that the deployment of image ID has made since VERSION, or nothing: others may deploy or change settings at
# the same time. Heroku tells of a deployment with the first digits of its images.
own_version() { # VERSION ID
    # shellcheck disable=SC2016
    jq -r --argjson last "${1:-0}" --arg id "${2#sha256:}" '
        map(select(.version > $last and (.description // "" | startswith("Deploy"))))
        | (map(select(.description | contains($id[:12]))) | min_by(.version)) // min_by(.version) | values | .version' "$scratch/releases"
}
# The release that has replaced VERSION with another image, as "vN (what it is)", or nothing: a setting that was
# changed since, and a rollback to it, leave it its image.
replaced_by() { # VERSION
    # shellcheck disable=SC2016
    jq -r --argjson own "$1" '
        reduce (map(select(.status != "failed")) | sort_by(.version))[] as $each ({image: {}, last: null};
            [$each.description // "" | capture("^Rollback to v(?<to>[0-9]+)").to][0] as $to
            | if $to != null then .last = (.image[$to] // ($to | tonumber))
              elif $each.description // "" | test("^(Deploy|Promote)") then .last = $each.version else . end
            | .image["\($each.version)"] = .last | .newest = $each)
        | select(.last != .image["\($own)"]) | "v\(.newest.version) (\(.newest.description))"' "$scratch/releases"
}

# Until the release phase of VERSION has ended, or of the newest release.
wait_for_release() { # [VERSION]
    local start=$SECONDS version
    read_releases || return
    version=${1:-$(newest version)}
    while [[ $(of_version "$version" status) == pending ]]; do
        if ((SECONDS - start >= ${PHASE_LIMIT:-600})); then
            reason="the release phase of v$version still runs after ${PHASE_LIMIT:-600} s"
            remedy="look at script/deploy heroku logs"
            return 1
        fi
        sleep "${POLL_SECONDS:-2}"
        read_releases || return
    done
}

# Until a dyno of release VERSION answers, or would: one that sleeps is woken by whoever asks.
wait_for_dyno() { # VERSION
    local start=$SECONDS version=$1 states by
    while :; do
        try GET "/apps/$app/dynos" || return
        if [[ $(answer '[.[] | select(.type == "web") | .release.version] | max // 0') -gt $version ]]; then
            read_releases || return
            by=$(replaced_by "$1")
            reason="$by replaced it before it was seen to answer"
            [[ -z $by ]] || return
            version=$(newest version)
        fi
        # shellcheck disable=SC2016
        states=$(answer --argjson version "$version" '[.[] | select(.type == "web" and .release.version == $version) | .state] | unique | join(" ")')
        [[ ! $states =~ ^(up|idle|idle up)$ ]] || return 0
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

read_logs() { # LINES
    try POST "/apps/$app/log-sessions" "{\"lines\": $1, \"tail\": false}" || return
    curl -sS --max-time 20 "$(answer .logplex_url)" || true
}
# For who reads of a failure: that the log cannot be had is no other one.
show_logs() {
    local reason remedy
    read_logs 50 >&2 || echo "The log cannot be had: $reason" >&2
}

# back_to ID: releases an earlier release again, as version $again.
back_to() {
    try POST "/apps/$app/releases" "{\"release\": \"$1\"}" || return
    again=$(answer .version)
    wait_for_release "$again" || return
    reason="its release phase failed"
    [[ $(of_version "$again" status) == succeeded ]]
}

find_app() {
    call GET "/apps/$app"
    web_url=$(answer .web_url)
    maintenance=$(answer .maintenance)
    [[ $(answer '.build_stack.name // .stack.name') == container ]] || call PATCH "/apps/$app" '{"build_stack": "container"}'
}

# Where visitors are shown Heroku's own page, or web is scaled to nothing, no release can be seen to answer.
need_visitors() {
    [[ $maintenance != true ]] ||
        stop "$app is in maintenance mode, so that no release can be seen to answer" "turn it off (the app's Settings) and run this again"
    call GET "/apps/$app/formation"
    [[ $(answer '[.[] | select(.type == "web")][0].quantity') != 0 ]] ||
        stop "web of $app is scaled to 0, so that nothing would serve" "scale it up (the app's Resources) and run this again"
}

deploy_release() {
    local host name digest updates plain=() web last before before_version own=''
    need Docker_tag_image "it names the image to release, as acme/oc-lettings"
    find_app
    need_visitors
    host=${web_url#*://}
    name=$(image_name)
    digest=$(pushed_digest "$name" "$(commit)")
    set_config "${host%%/*}"
    ! is_loopback "$name" || plain=(--src-tls-verify=false)
    heroku_copy "docker://$name@$digest" "web:$(commit)" --src-authfile <(registry_login) "${plain[@]}"
    web=$(web_id)
    updates=$(jq -cn --arg id "$web" '[{type: "web", docker_image: $id}]')
    if [[ $has_database == true ]]; then
        release_image "docker://$name@$digest"
        updates=$(jq -c --arg id "$release_id" '. + [{type: "release", docker_image: $id}]' <<<"$updates")
    fi
    wait_for_release || stop "$reason" "$remedy"
    last=$(newest version) before=$(current id) before_version=$(current version)
    trap 'broken_off' TERM INT HUP
    if ! try PATCH "/apps/$app/formation" "{\"updates\": $updates}" 3.docker-releases; then
        # What is refused leaves no release. What is not answered may.
        ! read_releases || [[ -n $(own_version "$last" "$web") ]] || stop "$reason" "$remedy"
        undo
    fi
    see_release || undo
    trap - TERM INT HUP
    if [[ -z $own ]]; then
        echo "v$before_version has this image already: $web_url"
    else
        echo "released $(commit) as v$own: $web_url"
    fi
    tell_sentry "$name@$digest"
}

# These are parts of deploy_release, whose variables they use.

# Until the release that was just made serves as it should; where none was made, the current one.
see_release() {
    read_releases || return
    own=$(own_version "$last" "$web")
    if [[ -n $own ]]; then
        wait_for_release "$own" || return
        reason="the release phase of v$own failed"
        [[ $(of_version "$own" status) != failed ]] || return
    fi
    wait_for_dyno "${own:-${before_version:-0}}" && smoke_test "$web_url"
}

broken_off() {
    trap '' TERM INT HUP
    if read_releases && own=$(own_version "$last" "$web") && [[ $(of_version "$own" status) == pending ]]; then
        echo "broken off: waiting for the end of the release phase of v$own, to go back to v$before_version" >&2
        wait_for_release "$own" || true
    fi
    reason="broken off"
    undo
}

# Ends the deployment that failed for $reason, with the release before it serving.
undo() {
    local failed="the new release" why=$reason by cure="put right what the lines above say and push again"
    trap '' TERM INT HUP
    if [[ $why == "broken off" ]]; then cure="run it again"; else show_logs; fi
    if read_releases; then
        own=$(own_version "$last" "$web")
        [[ -n $own ]] || stop "v$before_version, which was released before: $why" "see script/deploy heroku logs"
        failed=v$own
        case $(of_version "$own" status) in
        pending) stop "$why" "v${before_version:-0} serves until it ends; then see script/deploy heroku status" ;;
        failed) stop "$why" "v${before_version:-0} goes on serving; $cure" ;;
        esac
        wait_for_release || true
        by=$(replaced_by "$own")
        [[ -z $by ]] || stop "$failed: $why" "nothing is undone, since $by serves in its place; run this again if this commit is to serve"
    fi
    [[ -n $before ]] || stop "$failed: $why" "there is no earlier release to go back to; $cure"
    back_to "$before" || stop "$failed: $why" "going back to v$before_version failed too, $reason: script/deploy heroku rollback"
    wait_for_dyno "$again" || stop "$failed: $why" "v$before_version is released again, but $reason: see script/deploy heroku status"
    stop "$failed: $why" "rolled back to v$before_version; $cure"
}

# The id that Heroku knows the pushed image by.
web_id() {
    skopeo inspect --raw --authfile <(heroku_login) "docker://registry.heroku.com/$app/web:$(commit)" | jq -er .config.digest
}

# "ID VERSION" of the release to go back to, of $scratch/releases. The line of those that led to the current one ends where
# a rollback went back to: what was fled from is not in it. Before the first image there is nothing to go back to.
earlier_release() {
    jq -r 'sort_by(.version) as $all | ($all[0].version // 1) as $first
        | reduce ($all[] | select(.status == "succeeded")) as $each ({line: [], goal: {}};
            [$each.description // "" | capture("^Rollback to v(?<to>[0-9]+)").to][0] as $to
            | if $to == null then .line += [$each]
              else (.goal[$to] // ($to | tonumber)) as $to
                | .goal["\($each.version)"] = $to
                | (.line | map(.version) | index($to)) as $at
                | if $at then .line |= .[:$at + 1]
                  else .line = (if $to < $first then [] else .line end) + [$each + {version: $to}] end
              end)
        | .line as $line
        | [range($line | length - 1) as $i
            | select($first > 1 or any($line[:$i + 1][]; .description // "" | test("^(Deploy|Promote|Rollback)"))) | $line[$i]]
        | last | values | "\(.id) \(.version)"' "$scratch/releases"
}

deploy_rollback() {
    local id version now now_version why
    find_app
    need_visitors
    wait_for_release || stop "$reason" "$remedy"
    now=$(current id) now_version=$(current version)
    read -r id version <<<"$(earlier_release)"
    [[ -n $id ]] || stop "$app has no earlier release" "release another one first"
    back_to "$id" || stop "going back to v$version failed: $reason" "see script/deploy heroku logs"
    if wait_for_dyno "$again" && smoke_test "$web_url"; then
        echo "rolled back to v$version, as v$again: $web_url"
        return
    fi
    why="v$version: $reason"
    show_logs
    back_to "$now" && wait_for_dyno "$again" ||
        stop "$why" "v$now_version, which it was to replace, does not come back, $reason: see script/deploy heroku status"
    stop "$why" "v$now_version, which it was to replace, serves again as v$again"
}

deploy_status() {
    find_app
    echo "$web_url"
    read_releases || stop "$reason" "$remedy"
    jq -r '.[:5][] | "v\(.version) \(.status)\(if .current then ", current" else "" end): \(.description) (\(.created_at))"' "$scratch/releases"
    call GET "/apps/$app/dynos"
    answer '.[] | "\(.name) \(.state), v\(.release.version)"'
}

deploy_logs() { read_logs 200 || stop "$reason" "$remedy"; }
