//! A hash table in parts. A table that doubles moves everything in it at once: 30 ms for half a million entries, in which its actor answers
//! nobody. Parts double one after another, by chance, and each is done within the time of a few messages.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// A small table is whole: most flash items have few buyers.
const WHOLE_MAX: usize = 8_192;
/// Parts of a larger one.
const PARTS: usize = 256;
/// Which bits of a hash say the part: [`HashTable`] uses the seven highest, and the lowest ones as far as it needs them.
const PART_SHIFT: u32 = 40;

const _: () = assert!(PARTS.is_power_of_two() && PART_SHIFT + PARTS.ilog2() <= 64 - 7, "the bits of the part are not those of its table");

/// Entries that are found by a hash of 64 good bits.
#[derive(Debug, Clone)]
pub(super) struct Parted<T> {
    /// One, or [`PARTS`].
    parts: Vec<HashTable<T>>,
}

impl<T> Default for Parted<T> {
    fn default() -> Self {
        Self { parts: vec![HashTable::new()] }
    }
}

impl<T> Parted<T> {
    /// The entry with this hash that is the one.
    pub fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.parts[self.part(hash)].find(hash, is_it)
    }

    /// The same, to change it.
    pub fn find_mut(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        let part = self.part(hash);
        self.parts[part].find_mut(hash, is_it)
    }

    /// Adds an entry that is not there yet; `hasher` says the hash of any.
    pub fn insert_unique(&mut self, hash: u64, entry: T, hasher: impl Fn(&T) -> u64) {
        self.split_when_large(&hasher);
        let part = self.part(hash);
        self.parts[part].insert_unique(hash, entry, hasher);
    }

    /// The entry that is the one, or this one instead.
    pub fn or_insert(&mut self, hash: u64, is_it: impl FnMut(&T) -> bool, otherwise: T, hasher: impl Fn(&T) -> u64) -> &mut T {
        self.split_when_large(&hasher);
        let part = self.part(hash);
        match self.parts[part].entry(hash, is_it, hasher) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => place.insert(otherwise).into_mut(),
        }
    }

    /// Room for so many more.
    pub fn reserve(&mut self, more: usize, hasher: impl Fn(&T) -> u64) {
        match self.parts.as_mut_slice() {
            [whole] if whole.len() + more > WHOLE_MAX => {
                let wanted = whole.len() + more;
                self.split(wanted, hasher);
            }
            [whole] => whole.reserve(more, hasher),
            parts => parts.iter_mut().for_each(|part| part.reserve(part_of(more), &hasher)),
        }
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flatten()
    }

    fn part(&self, hash: u64) -> usize {
        debug_assert!(matches!(self.parts.len(), 1 | PARTS), "{} parts", self.parts.len());
        if self.parts.len() == 1 { 0 } else { (hash >> PART_SHIFT) as usize % PARTS }
    }

    fn split_when_large(&mut self, hasher: impl Fn(&T) -> u64) {
        if let [whole] = self.parts.as_slice()
            && whole.len() == WHOLE_MAX
        {
            self.split(WHOLE_MAX, hasher);
        }
    }

    fn split(&mut self, wanted: usize, hasher: impl Fn(&T) -> u64) {
        let parts = (0..PARTS).map(|_| HashTable::with_capacity(part_of(wanted))).collect();
        let whole = std::mem::replace(&mut self.parts, parts);
        let before: usize = whole.iter().map(HashTable::len).sum();
        for entry in whole.into_iter().flatten() {
            let hash = hasher(&entry);
            let part = self.part(hash);
            self.parts[part].insert_unique(hash, entry, &hasher);
        }
        let after: usize = self.parts.iter().map(HashTable::len).sum();
        assert_eq!(after, before, "a table lost entries when it was split");
    }
}

/// Room that a part wants for its share of so many: an eighth more, because none is filled evenly.
const fn part_of(entries: usize) -> usize {
    let share = entries / PARTS;
    share + share / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(number: &u64) -> u64 {
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn all_are_there(table: &Parted<u64>, last: u64) {
        for number in 1..=last {
            assert_eq!(table.find(spread(&number), |entry| *entry == number), Some(&number));
        }
        assert_eq!(table.find(spread(&(last + 1)), |entry| *entry == last + 1), None);
        let mut seen: Vec<_> = table.iter().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (1..=last).collect::<Vec<_>>());
    }

    #[test]
    fn entries_are_found_before_and_after_the_table_is_split() {
        let mut table = Parted::default();
        let last = 2 * WHOLE_MAX as u64;
        for number in 1..=last {
            table.insert_unique(spread(&number), number, spread);
            assert_eq!(*table.or_insert(spread(&number), |entry| *entry == number, 0, spread), number, "it is there already");
        }
        all_are_there(&table, last);
    }

    #[test]
    fn room_for_many_splits_at_once_and_keeps_what_is_there() {
        let mut table = Parted::default();
        for number in 1..=10 {
            table.insert_unique(spread(&number), number, spread);
        }
        table.reserve(WHOLE_MAX, spread);
        all_are_there(&table, 10);
        for number in 11..=100 {
            *table.or_insert(spread(&number), |entry| *entry == number, number, spread) += 0;
        }
        all_are_there(&table, 100);
    }
}
