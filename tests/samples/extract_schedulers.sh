# shellcheck shell=sh disable=SC2154
# Sourced by extract.sh: shards as schedulers number them, and ranks of Open MPI.
slurm_array() {
  SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=5 SLURM_ARRAY_TASK_COUNT=2 \
    SLURM_PROCID=$2 SLURM_NTASKS=2 run in --output slurm >log 2>&1 || [ $? -eq 3 ] || fail "Slurm $1 $2: $(cat log)"
  says "shard    $3 of 4"
}
slurm_array 10 0 1
slurm_array 10 1 2
slurm_array 15 0 3
[ ! -e slurm/00004.png.npy ] || fail "a shard has what is another one's"
slurm_array 15 1 4
same slurm
status 2 env SLURM_PROCID=2 SLURM_NTASKS=2 "$extract" in
says "SLURM_PROCID=2"
status 2 env SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=5 SLURM_ARRAY_TASK_COUNT=2 \
  "$extract" in
says "SLURM_ARRAY_TASK_ID=12"
# Others, by what they set: VARIABLE=VALUE... SHARD.
scheduler() {
  shard=$1
  shift
  status 0 env "$@" "$extract" in/sub in/00000.png in/00001.png --output "by-$shard" --max-split-size 16 --patch 8 \
    ${shards:-}
  says "shard    $shard of 2, by ${1%%=*}"
  rm -r "by-$shard"
}
scheduler 2 AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2
scheduler 2 SGE_TASK_ID=13 SGE_TASK_FIRST=10 SGE_TASK_LAST=13 SGE_TASK_STEPSIZE=3
shards="--shards 2"
scheduler 2 JOB_COMPLETION_INDEX=1
scheduler 2 PBS_ARRAY_INDEX=3
scheduler 2 PBS_ARRAYID=7
scheduler 2 PARALLEL_SEQ=1
status 3 env SGE_TASK_ID=undefined PARALLEL_SEQ=2 "$extract" in/00004b.jpg in/00000.png --output unsharded
status 2 env JOB_COMPLETION_INDEX=1 "$extract" in
says "JOB_COMPLETION_INDEX=1: gives the index of the shard but not their number: give --shards N"
status 2 env PBS_ARRAY_INDEX=1 "$extract" in
status 2 "$extract" in --shards 2
says "the environment does not give the index of this one"
status 2 env AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=2 "$extract" in
says "AWS_BATCH_JOB_ARRAY_INDEX=2"
status 2 env AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 "$extract" in --shards 3
says "AWS_BATCH_JOB_ARRAY_INDEX says that there are 2"
if command -v mpirun >/dev/null; then
  OMPI_MCA_plm=isolated OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    mpirun -n 2 "$extract" in --output mpi.safetensors --batch 3 --max-split-size 16 --patch 8 >log 2>&1 ||
    [ $? -eq 3 ] || fail "mpirun: $(cat log)"
  says "shard    1 of 2, by OMPI_COMM_WORLD_RANK"
  says "shard    2 of 2, by OMPI_COMM_WORLD_RANK"
  status 0 "$unpack" unpacked mpi-0000?-of-00002.safetensors
  says "10 tensors"
  same unpacked
else
  echo "SKIPPED: no mpirun, so no ranks of Open MPI"
fi
