//! The watchers of a hub.
//!
//! There are thousands of them, and most events concern one. So a step takes constant or logarithmic time, except for an
//! election and for what is sent to all.

use super::Kind;
use super::record::Watcher;
use cloudflow_base::small::sort_by;

/// The watchers of a hub, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    // INVARIANT: in the order of their numbers, unless `unsorted`.
    list: Vec<Watcher>,
    unsorted: bool,
    /// The number of watchers that are not gone.
    pub live: usize,
    /// The number of those that wait for the current state.
    pub nows: usize,
    /// The number of those that wait for the history.
    pub histories: usize,
}

impl Watchers {
    /// Adds a watcher. Its number is new.
    pub fn add(&mut self, watcher: Watcher) {
        self.unsorted |= self.list.last().is_some_and(|last| last.id >= watcher.id);
        self.live += 1;
        self.nows += usize::from(watcher.kind == Kind::Now);
        self.histories += usize::from(watcher.history);
        self.list.push(watcher);
    }

    /// Sorts the list after additions. Nothing to do if the numbers were ascending.
    pub fn sort(&mut self) {
        if std::mem::take(&mut self.unsorted) {
            sort_by(&mut self.list, |a, b| a.id.cmp(&b.id));
        }
    }

    fn find(&self, id: u32) -> Option<usize> {
        self.list.binary_search_by(|watcher| watcher.id.cmp(&id)).ok()
    }

    /// The watcher with this number.
    pub fn get(&self, id: u32) -> Option<Watcher> {
        let watcher = *self.list.get(self.find(id)?)?;
        (!watcher.gone).then_some(watcher)
    }

    /// All watchers.
    pub fn iter(&self) -> impl Iterator<Item = Watcher> {
        self.list.iter().copied().filter(|watcher| !watcher.gone)
    }

    /// The numbers of some.
    #[inline(never)]
    pub fn select(&self, which: &dyn Fn(&Watcher) -> bool) -> Vec<u32> {
        let mut ids = Vec::new();
        for watcher in self.iter() {
            if which(&watcher) {
                ids.push(watcher.id);
            }
        }
        ids
    }

    /// Drops a watcher. It takes constant time on average: a list of which more than half is gone is compacted.
    pub fn remove(&mut self, id: u32) {
        let Some(watcher) = self.find(id).and_then(|at| self.list.get_mut(at)).filter(|watcher| !watcher.gone) else {
            return;
        };
        watcher.gone = true;
        self.live -= 1;
        self.nows -= usize::from(watcher.kind == Kind::Now);
        self.histories -= usize::from(watcher.history);
        if self.list.len() > 2 * self.live {
            self.list.retain(|watcher| !watcher.gone);
        }
    }

    /// Drops a watcher whose number is used again.
    pub fn forget(&mut self, id: u32) {
        self.remove(id);
        self.list.retain(|watcher| watcher.id != id);
    }
}
