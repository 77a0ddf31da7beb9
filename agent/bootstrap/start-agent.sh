#!/bin/sh
# Second step of the start document: starts the agent, detached, and returns within seconds. A second delivery finds it
# running and does nothing; another session or attempt is refused, as a machine serves one.
set -eu
umask 022

session_id='{{ sessionId }}'
attempt='{{ attempt }}'
bucket='{{ bucket }}'
region='{{ region }}'
log_group='{{ logGroup }}'

home=${RUNCTL_HOME:-/var/lib/runctl}
units=${SYSTEMD_UNIT_PATH:-/etc/systemd/system}

mkdir -p "$home/bin"
# mkdir makes the folder once, however many ask at the same time.
if mkdir "$home/claim" 2>/dev/null; then
  printf '%s %s\n' "$session_id" "$attempt" >"$home/claim/owner.new"
  mv "$home/claim/owner.new" "$home/claim/owner"
else
  tries=0
  while [ ! -f "$home/claim/owner" ] && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    sleep 1
  done
  owner=$(cat "$home/claim/owner" 2>/dev/null || echo unknown)
  if [ "$owner" != "$session_id $attempt" ]; then
    echo "runctl: this machine belongs to $owner, not to $session_id $attempt" >&2
    exit 1
  fi
fi

if systemctl is-active --quiet runctl-agent; then
  echo 'runctl: the agent is running already'
  exit 0
fi

# None of these values has a quote or a backslash: the document's patterns see to that.
write_environment() {
  printf 'RUNCTL_SESSION_ID="%s"\n' "$session_id"
  printf 'RUNCTL_ATTEMPT="%s"\n' "$attempt"
  printf 'RUNCTL_BUCKET="%s"\n' "$bucket"
  printf 'RUNCTL_REGION="%s"\n' "$region"
  printf 'RUNCTL_LOG_GROUP="%s"\n' "$log_group"
  printf 'RUNCTL_HOME="%s"\n' "$home"
  printf 'RUNCTL_TRAIN_USER="%s"\n' "${RUNCTL_TRAIN_USER-runctl}"
  [ -z "${AWS_EC2_METADATA_SERVICE_ENDPOINT:-}" ] ||
    printf 'AWS_EC2_METADATA_SERVICE_ENDPOINT="%s"\n' "$AWS_EC2_METADATA_SERVICE_ENDPOINT"
  [ -z "${AWS_ENDPOINT_URL:-}" ] || printf 'AWS_ENDPOINT_URL="%s"\n' "$AWS_ENDPOINT_URL"
}
# Two deliveries may run side by side: each writes the same into a file of its own, and moves it into place.
write_environment >"$home/agent.env.$$"
mv "$home/agent.env.$$" "$home/agent.env"

node=$(cat "$home/bin/node-path")
mkdir -p "$units"
# KillMode=process: when the agent dies, training lives on until the next agent, seconds later, ends it with grace.
cat >"$home/runctl-agent.service.$$" <<UNIT
[Unit]
Description=runctl agent: runs one attempt of a training job
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart="$node" "$home/bin/agent.cjs"
Environment=AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
EnvironmentFile=$home/agent.env
WorkingDirectory=$home
Restart=always
RestartSec=3
KillMode=process
TimeoutStopSec=300
OOMScoreAdjust=-1000

[Install]
WantedBy=multi-user.target
UNIT
mv "$home/runctl-agent.service.$$" "$units/runctl-agent.service"

systemctl daemon-reload
systemctl enable --now runctl-agent
echo "runctl: the agent of $session_id, attempt $attempt, is started"
