//! The states of a flow by scope and name.
//!
//! A hash table with chains in one list, because a search in a list sorted by name compares texts all over the memory:
//! with 100,000 states it took 40 % of the time of a check. Each chain is sorted, so that names with equal hashes cost
//! no more than in a sorted list.

use super::model::{ScopeId, State, StateId};
use cloudflow_base::small;

/// The named states.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    // The chain of a hash begins at its entry here and ends at the next entry. One entry more than a power of two.
    chains: Vec<u32>,
    // INVARIANT: each chain is sorted.
    list: Vec<Name<'a>>,
    /// No two states of one scope have the same name.
    pub unique: bool,
}

/// The order of the fields is the order of a chain: a comparison of hashes decides nearly always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a> {
    hash: u32,
    scope: ScopeId,
    name: &'a str,
    state: StateId,
}

impl<'a> Names<'a> {
    /// The states with a name that no template fills in later.
    pub fn new(states: &[State<'a>]) -> Self {
        let mut names = Vec::with_capacity(states.len());
        for state in states {
            if let Some(name) = state.name.filter(|name| !name.opaque) {
                names.push(Name { hash: hash(name.value), scope: state.scope, name: name.value, state: state.id });
            }
        }
        // First the ends of the chains. Filling each chain from its end leaves the starts.
        let mask = names.len().next_power_of_two() - 1;
        let mut chains = vec![0; mask + 2];
        for name in &names {
            if let Some(count) = chains.get_mut(name.hash as usize & mask) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut chains {
            sum += *end;
            *end = sum;
        }
        let mut list = names.clone();
        for name in names.iter().rev() {
            if let Some(place) = chains.get_mut(name.hash as usize & mask) {
                *place -= 1;
                if let Some(place) = list.get_mut(*place as usize) {
                    *place = *name;
                }
            }
        }
        let mut unique = true;
        for chain in chains.windows(2) {
            if let [start, end] = *chain
                && end - start > 1
                && let Some(chain) = list.get_mut(start as usize..end as usize)
            {
                small::sort(chain);
                unique &=
                    !chain.windows(2).any(|pair| matches!(pair, [a, b] if (a.scope, a.name) == (b.scope, b.name)));
            }
        }
        Names { chains, list, unique }
    }

    /// The first state with this name in a scope.
    pub fn find(&self, scope: ScopeId, name: &str) -> Option<StateId> {
        let hash = hash(name);
        let at = hash as usize & self.chains.len().checked_sub(2)?;
        let Some([start, end]) = self.chains.get(at..at + 2) else { return None };
        let chain = self.list.get(*start as usize..*end as usize)?;
        let at = chain.partition_point(|other| (other.hash, other.scope, other.name) < (hash, scope, name));
        chain
            .get(at)
            .filter(|found| (found.hash, found.scope, found.name) == (hash, scope, name))
            .map(|found| found.state)
    }

    /// The states. Those with the same scope and name are adjacent, in the order of the text.
    pub fn states(&self) -> impl Iterator<Item = StateId> {
        self.list.iter().map(|name| name.state)
    }
}

/// A hash of eight bytes at a time. The last step moves the upper bits, which depend on all bytes, to the lower ones.
fn hash(name: &str) -> u32 {
    let mut hash = name.len() as u64;
    let mut add = |word: u64| hash = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let (words, rest) = name.as_bytes().as_chunks::<8>();
    words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
    add(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}
