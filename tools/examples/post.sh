#!/usr/bin/env bash
# Posts a note and shows the outbox, with curl and nothing else.
#
#   tools/run                                              (in another terminal)
#   tools/examples/post.sh data/first-run.txt "Hello from a shell"
#
# It signs in with the password grant, which a server answers to its own machine only.
set -euo pipefail
[ $# = 2 ] || { echo "usage: post.sh data/first-run.txt TEXT" >&2; exit 2; }
# shellcheck disable=SC1090
. "$1" # SERVER, ACCOUNT, PASSWORD, CLIENT_ID, CLIENT_SECRET

value() { # value KEY: the first one in JSON on standard input, or nothing
  tr -d '\n' | { grep -oE "\"$1\" *: *\"[^\"]*\"" || true; } | sed -nE '1s/.*: *"(.*)"/\1/p'
}
quoted() { # as a JSON string
  printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e ':a;N;$!ba;s/\n/\\n/g' -e 's/\t/\\t/g' |
    sed -e '1s/^/"/' -e '$s/$/"/'
}

# The password goes by standard input: other processes see a command line.
token=$(printf 'grant_type=password&username=%s&password=%s&client_id=%s&client_secret=%s' \
  "$ACCOUNT" "$PASSWORD" "$CLIENT_ID" "$CLIENT_SECRET" |
  curl -sSf "$SERVER/o/token/" --data @- | value access_token)
call() { # call URL [curl options]: with the token, which goes by standard input too
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl -sSf --config - -H 'Accept: application/activity+json' "$@"
}

outbox=$(call "$SERVER/api/actors" | value outbox)
if [ -z "$outbox" ]; then
  outbox=$(call "$SERVER/api/actors" -H 'Content-Type: application/json' \
    -d '{"preferred_username": "demo"}' | value outbox)
fi

note=$(printf '{"@context": "https://www.w3.org/ns/activitystreams", "type": "Note",
  "to": "https://www.w3.org/ns/activitystreams#Public", "content": %s}' "$(quoted "$2")")
echo "posted $(call "$outbox" -H 'Content-Type: application/activity+json' \
  --data-binary "$note" -o /dev/null -w '%header{location}')"
call "$outbox?page=true"
