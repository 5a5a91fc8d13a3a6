#!/usr/bin/env bash
# Tests the simulator: breaks a copy of the tree in one place at a time and demands that the simulator notices. See docs/TESTING.md.
# Usage: scripts/mutations.sh            (SIM_SEEDS=n worlds for each mutation, default 300)
# Environment: CARGO_TARGET_DIR_MUTATIONS, where to build (default: target/mutations of this tree, so that a second run is quick).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR_MUTATIONS:-$root/target/mutations}
export SIM_SEEDS=${SIM_SEEDS:-300} RUST_BACKTRACE=0

git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create | tar --extract --directory="$copy"
cd "$copy"

simulate() { cargo test --quiet -p mallcore-actors --test it -- simulation::books_balance_after_any_crash --nocapture >"$copy/simulate.log" 2>&1; }

# mutate NAME FILE SED-EXPRESSION: the expression has to change exactly one line.
mutate() {
    local name=$1 file=$2 expression=$3
    cp "$file" "$copy/original"
    sed -E -i "$expression" "$file"
    # diff says 1 when the files differ, which is what we want here.
    local changed
    changed=$(diff "$copy/original" "$file" | grep -c '^<' || true)
    if [ "$changed" -ne 1 ]; then
        echo "mutation '$name' changes $changed lines of $file, not 1: its pattern is out of date" >&2
        exit 2
    fi
    if ! cargo build --quiet -p mallcore-actors --tests 2>"$copy/build.log"; then
        echo "mutation '$name' does not build:" >&2
        cat "$copy/build.log" >&2
        exit 2
    fi
    if simulate; then
        echo "mutation '$name' was NOT noticed in $SIM_SEEDS worlds" >&2
        exit 1
    fi
    # An assertion of the core's own may be first: behind a record it ends the process, as it would the shop's.
    if ! grep -qE 'a promise was broken; again with SIM_SEED=|SIGABRT' "$copy/simulate.log" || ! grep -q 'panicked at actors/' "$copy/simulate.log"; then
        echo "mutation '$name' failed otherwise than by a broken promise:" >&2
        tail -20 "$copy/simulate.log" >&2
        exit 2
    fi
    echo "mutation '$name' noticed: $(grep -A1 'panicked at actors/' "$copy/simulate.log" | sed -n 2p | cut -c1-160)"
    cp "$copy/original" "$file"
}

if ! simulate; then
    echo "the simulator fails without any mutation:" >&2
    tail -20 "$copy/simulate.log" >&2
    exit 2
fi
echo "unchanged: $SIM_SEEDS worlds balance"

mutate 'the sync is taken out' actors/src/kernel/journal/writer.rs \
    's|^( *)self\.active\.file\.sync\(\)\?;$|\1|'
mutate 'the release of a hold is taken out' actors/src/kernel/coordinator/mod.rs \
    's|self\.wants\[\.\.asked\]\.iter\(\)|self.wants[asked..].iter()|'
mutate 'the checkpoint does not move' actors/src/kernel/checkpoint.rs \
    's|(let to = Checkpoint \{.*), sequence: last \};|\1, sequence: self.sequence() };|'
mutate 'an adjustment is done again when it is repeated' actors/src/stock/sku.rs \
    's/(self\.last_adjustment\.is_some_and\(\|last\| command\.id) <= last\)/\1 < last)/'
mutate 'an order is placed before its last hold' actors/src/kernel/coordinator/mod.rs \
    's|self\.wants\.get\(place \+ 1\)|self.wants.get(place + 2)|'
mutate 'effects that wait for a load are dropped' actors/src/kernel/host.rs \
    's/cell\.effects\.drain\(\.\.\)\.for_each\(\|effect\| aggregate\.effect\(effect, shared\)\);/cell.effects.clear();/'
mutate 'an answer does not wait for its record' actors/src/kernel/replies.rs \
    's|Durable::Through\(_\) => None,|Durable::Through(_) => Some(Ok(())),|'
mutate 'what an order bought is taken out of the cart again' actors/src/carts/cart.rs \
    's/if cause <= self\.bought_through \{/if cause < self.bought_through {/'
mutate 'a refund is made again when it is repeated' actors/src/orders/refunding.rs \
    's/(find\(\|\(_, done\)\| done\.id == command\.id)\)/\1 \&\& false)/'
mutate 'an order is closed while somebody may be paying it' actors/src/orders/order.rs \
    's/OrderCommand::Close\(_\)\) if self\.open_attempt\(\)\.is_some\(\)/OrderCommand::Close(_)) if false/'
mutate 'a transaction counts twice' actors/src/orders/trading.rs \
    's/if let Some\(known\) = paying\.trade\(&trade\.transaction\)/if let Some(known) = paying.trade(\&trade.transaction).filter(|_| false)/'
mutate 'refunded pieces still count as paid in the rows' actors/src/orders/fold/mod.rs \
    's/^( *)sku\.paid -= pieces;$/\1/'
mutate 'lines of before a clearing come back in the rows' actors/src/carts/fold.rs \
    's/^( *)cart\.lines\.clear\(\);$/\1/'
echo "all mutations noticed"
