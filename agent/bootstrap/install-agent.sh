#!/bin/sh
# First step of the start document: brings the agent and a Node.js to run it. Safe to repeat.
set -eu
umask 022

agent_url='{{ agentUrl }}'
agent_sha256='{{ agentSha256 }}'
node_url='{{ nodeUrl }}'
node_sha256='{{ nodeSha256 }}'

home=${RUNCTL_HOME:-/var/lib/runctl}
user=${RUNCTL_TRAIN_USER-runctl}
metadata=169.254.169.254

mkdir -p "$home/bin"
chmod 711 "$home"

fail() {
  echo "runctl: $*" >&2
  exit 1
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  else
    python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
  fi
}

# The addresses are signed: they are never printed.
download() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --retry 5 --retry-delay 2 --max-time 300 --output "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget --quiet --tries=5 --output-document="$2" "$1"
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"
  else
    fail 'neither curl nor wget nor python3 is on this machine'
  fi
}

# fetch <what> <url> <sha256> <path>: nothing is done when the file is there already.
fetch() {
  if [ -f "$4" ] && [ "$(sha256_of "$4")" = "$3" ]; then
    return 0
  fi
  rm -f "$4.new"
  download "$2" "$4.new" || fail "$1 could not be downloaded"
  found=$(sha256_of "$4.new")
  [ "$found" = "$3" ] || fail "$1 has the SHA-256 $found and not $3"
  mv "$4.new" "$4"
}

is_new_enough() {
  [ -x "$1" ] || return 1
  version=$("$1" --version 2>/dev/null) || return 1
  major=${version#v}
  major=${major%%.*}
  case $major in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$major" -ge 20 ]
}

# A runtime is a tarball with bin/node somewhere in it, as nodejs.org and the npm registry have it.
install_node() {
  fetch 'Node.js' "$node_url" "$node_sha256" "$home/node.tgz"
  rm -rf "$home/node.new"
  mkdir -p "$home/node.new"
  if command -v tar >/dev/null 2>&1; then
    tar -xzf "$home/node.tgz" -C "$home/node.new"
  else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$home/node.tgz" "$home/node.new"
  fi
  found=$(find "$home/node.new" -type f -path '*bin/node' | head -n 1)
  [ -n "$found" ] || fail 'there is no bin/node in the Node.js archive'
  chmod 755 "$found"
  rm -rf "$home/node"
  mv "$home/node.new" "$home/node"
  rm -f "$home/node.tgz"
  find "$home/node" -type f -path '*bin/node' | head -n 1
}

create_user() {
  [ -n "$user" ] || return 0
  id -u "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user" || fail "the user $user could not be made"
  # Devices of the machine, where such groups exist.
  for group in video render; do
    if getent group "$group" >/dev/null 2>&1; then
      usermod --append --groups "$group" "$user" || true
    fi
  done
}

# The training user gets no credentials of the instance. Images differ in what they have for that: AL2023 comes without
# a firewall, but ip(8), which can prohibit a route to one user, is everywhere.
block_with_iptables() {
  command -v iptables >/dev/null 2>&1 || return 1
  iptables -C OUTPUT -d "$metadata" -m owner --uid-owner "$uid" -j REJECT 2>/dev/null ||
    iptables -I OUTPUT -d "$metadata" -m owner --uid-owner "$uid" -j REJECT
}

block_with_nft() {
  command -v nft >/dev/null 2>&1 || return 1
  nft list table inet runctl >/dev/null 2>&1 && return 0
  nft add table inet runctl &&
    nft add chain inet runctl output '{ type filter hook output priority 0 ; }' &&
    nft add rule inet runctl output ip daddr "$metadata" meta skuid "$uid" reject
}

block_with_rule() {
  command -v ip >/dev/null 2>&1 || return 1
  while ip rule del uidrange "$uid-$uid" to "$metadata" prohibit 2>/dev/null; do :; done
  ip rule add uidrange "$uid-$uid" to "$metadata" prohibit
}

block_metadata() {
  [ -n "$user" ] || return 0
  uid=$(id -u "$user")
  block_with_iptables || block_with_nft || block_with_rule ||
    fail 'none of iptables, nft and ip works here: training could read the credentials of the instance'
}

fetch 'the agent' "$agent_url" "$agent_sha256" "$home/bin/agent.cjs"
if is_new_enough "$(command -v node || echo none)"; then
  node=$(command -v node)
elif [ -d "$home/node" ] && is_new_enough "$(find "$home/node" -type f -path '*bin/node' | head -n 1)"; then
  node=$(find "$home/node" -type f -path '*bin/node' | head -n 1)
else
  node=$(install_node)
  is_new_enough "$node" || fail 'the Node.js of the stack does not run on this machine'
fi
printf '%s\n' "$node" >"$home/bin/node-path"
create_user
block_metadata
echo "runctl: the agent is installed; Node.js is $node"
