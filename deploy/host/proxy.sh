# shellcheck shell=bash disable=SC2154
# Sourced by deploy/host/agent: nginx in front of the two containers, and what visitors are answered through it.

# Of the file NAME: an address and a port, or a port alone.
kept_address() { # NAME DEFAULT
    if [[ -s $folder/$1 ]]; then cat "$folder/$1"; else echo "$2"; fi
}
# Where visitors come. What the caller wants is kept once nginx has it.
listen=$(kept_address listen "${DEFAULT_PORT:-$( ((EUID == 0)) && echo 80 || echo 8080)}")
listen_tls=$(kept_address listen_tls "$( ((EUID == 0)) && echo 443 || echo 8443)")
take_addresses() { listen=${SITE_PORT:-$listen} listen_tls=${SITE_TLS_PORT:-$listen_tls}; }
keep_addresses() {
    [[ $(kept_address listen '') == "$listen" ]] || write_file listen "$listen"
    [[ $(kept_address listen_tls '') == "$listen_tls" ]] || write_file listen_tls "$listen_tls"
}
# Where a certificate's issuer looks for its answer; nginx's workers cannot look into root's home.
acme=$( ((EUID == 0)) && echo /var/lib/oc-lettings-acme || echo "$folder/acme")
# By this nginx's answers are told from those of another program, or of itself before it has read its file anew.
mark=oc-lettings-$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')

# Another process may have got the number of one that is gone.
proxy_runs() { [[ -s $folder/nginx.pid ]] && grep -qaF "$folder/nginx.conf" "/proc/$(<"$folder/nginx.pid")/cmdline" 2>/dev/null; }
proxy_workers() { ps -o pid= --ppid "$(<"$folder/nginx.pid")" | tr -d ' ' || true; }
# The port that visitors are led to.
proxied_port() { sed -n 's/^ *upstream site { server 127\.0\.0\.1:\([0-9]*\); }$/\1/p' "$folder/nginx.conf" 2>/dev/null; }
has_certificate() { [[ -s $folder/tls/fullchain.pem && -s $folder/tls/privkey.pem ]]; }
# The servers of nginx: the site on the plain port, or, with a certificate, on the other, with the plain one leading there.
proxy_servers() {
    local tls_port=:${listen_tls##*:} site="location = /.well-known/$mark { return 204; }
        location / {
            proxy_pass http://site;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$remote_addr;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-Request-ID \$request_id;
        }"
    local challenge="location /.well-known/acme-challenge/ { root \"$acme\"; }"
    if ! has_certificate; then
        printf '    server {\n        listen %s;\n        %s\n        %s\n    }\n' "$listen" "$challenge" "$site"
        return
    fi
    cat <<N
    server {
        listen $listen;
        $challenge
        location / { return 301 https://\$host${tls_port%:443}\$request_uri; }
    }
    server {
        listen $listen_tls ssl http2;
        ssl_certificate "$folder/tls/fullchain.pem";
        ssl_certificate_key "$folder/tls/privkey.pem";
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:4m;
        ssl_session_tickets off;
        $site
    }
N
}
write_proxy() { # PORT FILE
    local temporary=''
    mkdir -p "$acme"
    if ((EUID != 0)); then
        mkdir -p "$folder/nginx"
        for each in client_body proxy fastcgi uwsgi scgi; do
            temporary+="${each}_temp_path \"$folder/nginx/$each\"; "
        done
    fi
    cat >"$2" <<N
worker_processes auto;
pid "$folder/nginx.pid";
error_log "$folder/nginx.log";
events { worker_connections 4096; }
http {
    access_log off;
    server_tokens off;
    client_max_body_size 64m;
    $temporary
    upstream site { server 127.0.0.1:$1; }
$(proxy_servers)
}
N
}
# Before anything is changed: a certificate that is not its key's is found here.
check_proxy() {
    write_proxy 1 "$folder/nginx.try"
    nginx -t -q -c "$folder/nginx.try" 2>"$folder/nginx.start" && return
    cat "$folder/nginx.start" >&2
    has_certificate || stop "nginx refuses its settings" "see the lines above"
    stop "nginx refuses its settings" "see the lines above: the certificate and its key are $folder/tls/fullchain.pem and privkey.pem"
}

# explain_proxy FILE: $reason and $cure, of what nginx wrote there.
explain_proxy() {
    local at
    cat "$1" >&2
    at=$(grep -oE 'bind\(\) to [^ ]+ failed \(98' "$1" | cut -d ' ' -f 3 | tail -n 1) || true
    at=${at#0.0.0.0:}
    reason="nginx does not take its new settings" cure="see the lines above"
    [[ -z $at ]] || reason="port $at is taken" cure="end what listens there, or set SITE_PORT or SITE_TLS_PORT to another"
}
start_proxy() {
    local said="$folder/nginx.start" logged
    logged=$(stat -c %s "$folder/nginx.log" 2>/dev/null || echo 0)
    if has_systemd; then
        write_unit "$id-proxy" exec "$(type -P nginx) -c \"$folder/nginx.conf\" -g 'daemon off;'" \
            "ExecReload=$(type -P nginx) -c \"$folder/nginx.conf\" -s reload"
        system enable -q "$id-proxy"
        system restart "$id-proxy"
        for _ in $(seq 20); do
            ! proxy_runs || return 0
            sleep 0.1
        done
        tail -c "+$((logged + 1))" "$folder/nginx.log" >"$said"
    elif nginx -c "$folder/nginx.conf" >"$said" 2>&1 9>&-; then
        return 0
    fi
    explain_proxy "$said"
    [[ -f $folder/current ]] || stop_proxy
    stop "$reason" "$cure"
}
stop_proxy() {
    if has_systemd; then
        system disable -q --now "$id-proxy" 2>/dev/null || true
    fi
    ! proxy_runs || nginx -c "$folder/nginx.conf" -s quit >/dev/null 2>&1 || true
    for _ in $(seq 100); do
        proxy_runs || return 0
        sleep 0.1
    done
}

# nginx reads its file anew, and what it had begun is answered; false with $reason and $cure where it refuses, and goes on
# with what it had. It says so in its log alone; new workers say that it did not refuse.
reload_proxy() {
    local old logged now
    old=$(proxy_workers)
    logged=$(stat -c %s "$folder/nginx.log" 2>/dev/null || echo 0)
    nginx -c "$folder/nginx.conf" -s reload || return
    for _ in $(seq 100); do
        now=$(proxy_workers)
        if [[ -n $now ]] && grep -qvxF "$old" <<<"$now"; then
            wait_for_end "$old"
            return
        fi
        tail -c "+$((logged + 1))" "$folder/nginx.log" >"$folder/nginx.start"
        ! grep -q 'still could not bind' "$folder/nginx.start" || break
        sleep 0.1
    done
    explain_proxy "$folder/nginx.start"
    return 1
}
wait_for_end() { # WORKERS; no longer than 35 s
    local each left
    for _ in $(seq 350); do
        left=''
        for each in $1; do
            ! kill -0 "$each" 2>/dev/null || left=1
        done
        [[ -n $left ]] || return 0
        sleep 0.1
    done
}
# New requests go to PORT; returns when those that went elsewhere are answered, or after 35 s. The file that was there stays
# beside it until the release is kept, so that going back needs no room on the disk.
switch_proxy() { # PORT
    reason="nginx's settings cannot be changed" cure="see the lines above, and whether the disk is full"
    write_proxy "$1" "$folder/nginx.part" && ln -f "$folder/nginx.conf" "$folder/nginx.back" &&
        mv "$folder/nginx.part" "$folder/nginx.conf" && reload_proxy
}
switch_back() {
    local reason cure
    [[ -f $folder/nginx.back ]] || return 0
    mv "$folder/nginx.back" "$folder/nginx.conf"
    reload_proxy
}

# The address to ask at, of a listening one.
address_of() { # LISTEN
    if [[ $1 == *:* ]]; then echo "$1"; else echo "127.0.0.1:$1"; fi
}
# A name that the site answers to.
site_name() {
    local host hosts
    IFS=', ' read -ra hosts <<<"$(setting ALLOWED_HOSTS)"
    host=${hosts[0]:-*}
    [[ $host != '*' ]] || host=localhost
    echo "${host#.}"
}
proxy_url() {
    local at=:${listen_tls##*:}
    if has_certificate; then echo "https://$(site_name)${at%:443}"; else echo "http://$(address_of "$listen")"; fi
}

# Visitors' name of the site, and as they would come by TLS, so that no redirect is met.
ask_container() { # PORT
    "$here/smoke" "http://127.0.0.1:$1" -H "Host: $(site_name)" -H 'X-Forwarded-Proto: https'
}
# As visitors do; whether they would trust the certificate is not the release's affair.
ask_site() {
    local url flags=(-H "Host: $(site_name)" -H 'X-Forwarded-Proto: https')
    url=$(proxy_url)
    ! has_certificate || flags=(-k --connect-to "::$(address_of "$listen_tls")")
    [[ $(curl -s -o /dev/null -w '%{http_code}' --max-time 20 "${flags[@]}" "$url/.well-known/$mark") == 204 ]] || {
        echo "it is not this site's nginx that answers at $url" >&2
        return 1
    }
    "$here/smoke" "$url" "${flags[@]}"
}
