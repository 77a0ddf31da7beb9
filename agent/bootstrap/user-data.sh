#!/bin/sh
# Runs once at first boot, before anything of runctl's. Arms the dead-man timer: the machine powers off, and with that is
# terminated, unless somebody rewrites the countdown. It covers an instance that never registers with Systems Manager, an
# agent that never starts, and one that dies.
set -u
umask 022

home=${RUNCTL_HOME:-/var/lib/runctl}
units=${SYSTEMD_UNIT_PATH:-/etc/systemd/system}
seconds=1200

mkdir -p "$home/deadman" "$units"
# The training user passes through, and lists nothing.
chmod 711 "$home"
printf '%s\n' "$seconds" >"$home/deadman/countdown"

cat >"$home/deadman/deadman.sh" <<'SCRIPT'
#!/bin/sh
# Counts down in small steps, so that neither a suspended machine nor a jumping clock shortens the time.
countdown=$1
step=5
while :; do
  sleep "$step"
  left=$(cat "$countdown" 2>/dev/null)
  case $left in
    '' | *[!0-9]*) left=0 ;;
  esac
  left=$((left - step))
  if [ "$left" -le 0 ]; then
    echo "runctl-deadman: nobody has touched the countdown; powering off"
    systemctl poweroff || shutdown -h now || poweroff
    # Time for the agent to save; then once more.
    sleep 600
    systemctl --force poweroff || poweroff -f
    left=60
  fi
  # A touch between the reading above and this line is lost, and made again within the agent's next look.
  # On a full disk in place: a countdown that stands still would never end.
  { printf '%s\n' "$left" >"$countdown.next" && mv "$countdown.next" "$countdown"; } 2>/dev/null ||
    printf '%s\n' "$left" 1<>"$countdown"
done
SCRIPT
chmod 755 "$home/deadman/deadman.sh"

cat >"$units/runctl-deadman.service" <<UNIT
[Unit]
Description=runctl dead-man timer: powers off unless the agent renews it

[Service]
ExecStart=/bin/sh "$home/deadman/deadman.sh" "$home/deadman/countdown"
Restart=always
RestartSec=1
OOMScoreAdjust=-1000

[Install]
WantedBy=multi-user.target
UNIT

if systemctl daemon-reload && systemctl enable --now runctl-deadman; then
  echo "runctl: the dead-man timer is armed ($seconds s)"
else
  # Without the timer nothing would ever end a forgotten machine.
  echo "runctl: the dead-man timer cannot be armed; powering off" >&2
  systemctl poweroff || shutdown -h now || poweroff
  exit 1
fi
