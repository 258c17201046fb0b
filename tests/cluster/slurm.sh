#!/usr/bin/env bash
# A Slurm of one node on this machine, for tests, as root: `slurm.sh start FOLDER`, `slurm.sh stop FOLDER`.
# It has no accounting, and its files are in FOLDER; SLURM_CONF=FOLDER/slurm.conf tells the commands of it.
set -euo pipefail

folder="$(mkdir -p "$2" && cd "$2" && pwd)"

start() {
    local host cores
    host="$(hostname -s)"
    cores="$(nproc)"
    grep -qw "$host" /etc/hosts || echo "127.0.0.1 $host" >>/etc/hosts
    mkdir -p "$folder/spool" "$folder/state" "$folder/munge"
    chown munge "$folder/munge"
    chmod 755 "$folder" "$folder/munge"
    head -c 1024 /dev/urandom >"$folder/munge/munge.key"
    chmod 400 "$folder/munge/munge.key"
    chown munge "$folder/munge/munge.key"
    runuser -u munge -- munged --force --key-file "$folder/munge/munge.key" --socket "$folder/munge/socket" \
        --pid-file "$folder/munge/munged.pid" --log-file "$folder/munge/munged.log" --seed-file "$folder/munge/seed"
    cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdSpoolDir=$folder/spool
StateSaveLocation=$folder/state
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
NodeName=$host CPUs=$cores RealMemory=20000 NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF="$folder/slurm.conf"
    slurmctld
    slurmd
    for _ in $(seq 60); do
        [[ "$(sinfo --noheader --format %t 2>/dev/null)" == idle* ]] && return
        sleep 1
    done
    echo "Slurm did not come up; see $folder/slurmctld.log" >&2
    return 1
}

stop() {
    local file
    for file in slurmd.pid slurmctld.pid munge/munged.pid; do
        [[ -s "$folder/$file" ]] && kill "$(cat "$folder/$file")" 2>/dev/null || true
    done
}

case "$1" in
start) start ;;
stop) stop ;;
*) echo "usage: slurm.sh start|stop FOLDER" >&2 && exit 2 ;;
esac
