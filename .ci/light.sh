# What an installation without torch can do, and what it says of the rest. Begins in a folder that
# holds submissions/sample as "sample"; the commands are those of the PATH.
set -euo pipefail

refused() { # MESSAGE COMMAND...: the command fails, and says so
  if "${@:2}" >said.txt 2>&1 || ! grep --only-matching --fixed-strings -- "$1" said.txt; then
    echo "expected of ${*:2}: $1" && cat said.txt && exit 1
  fi
}

refused "No module named 'torch'" python -c "import torch"
semeval-humor --version
semeval-humor select sample/task-a-en.candidates.jsonl >/dev/null
semeval-humor validate sample
semeval-humor score sample --json >/dev/null
refused "sample-input refused" semeval-humor package sample

cat >bench.toml <<END
name = "light"
systems = { sample = "sample", same = "sample" }
results = "results.jsonl"
END
semeval-humor bench run bench.toml
semeval-humor bench table bench.toml >/dev/null
echo "prompt_id,lang,left,right,winner,voter" >votes.csv
printf "en_%s,en,ours,theirs,left,me\n" {1..20} >>votes.csv
printf "en_%s,en,ours,theirs,right,me\n" {21..30} >>votes.csv
semeval-humor bench rank votes.csv --bootstraps 100

# A safetensors file without a tensor: 8 bytes say how long the JSON object behind them is.
printf '\x02\0\0\0\0\0\0\0{}' >empty.safetensors
refused "incompatible" semeval-humor diff empty.safetensors empty.safetensors

refused "pip install 'semeval-humor[gpu]'" semeval-humor predict --lang en
refused "pip install 'semeval-humor[train]'" semeval-humor data build --sample
refused "pip install 'semeval-humor[embed]'" semeval-humor score sample --relevance
