//! The complete nodes with an anchor. A sorted structure replaces a hash table, which few texts would use.

use cloudflow_base::small;
use cloudflow_base::text::Progress;

#[derive(Clone, Copy)]
pub(super) struct Anchor<'t> {
    pub name: &'t str,
    pub node: u32,
    pub size: usize,
    pub height: usize,
}

/// All anchors so far, in sorted runs, the longest first. The lengths of the runs are the powers of two that
/// add up to the number of anchors, so that no insertion and no lookup takes linear time on average.
#[derive(Default)]
pub(super) struct Anchors<'t> {
    list: Vec<Anchor<'t>>,
}

impl<'t> Anchors<'t> {
    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) fn insert(&mut self, anchor: Anchor<'t>) {
        self.list.push(anchor);
        let len = self.list.len();
        let mut run = self.list.split_off(len & (len - 1));
        small::sort_by(&mut run, |a, b| (a.name, a.node).cmp(&(b.name, b.node)));
        self.list.append(&mut run);
    }

    /// Keeps the nodes correct when one is inserted at the index `at`.
    pub(super) fn shift(&mut self, at: u32) {
        for anchor in &mut self.list {
            anchor.node += u32::from(anchor.node >= at);
        }
    }

    /// The last anchor with a name.
    pub(super) fn find(&self, name: &str) -> Option<Anchor<'t>> {
        let mut end = self.list.len();
        let mut progress = Progress::default();
        while end > 0 {
            progress.step(0, end);
            let start = end & (end - 1);
            let run = self.list.get(start..end)?;
            let behind = run.partition_point(|anchor| anchor.name <= name);
            let found = run.get(behind.wrapping_sub(1)).filter(|anchor| anchor.name == name);
            if found.is_some() {
                return found.copied();
            }
            end = start;
        }
        None
    }
}
