//! Which page runs when, where several may run at once.
//!
//! In: how each page gets on with others, in the order of the pages. Out: the pages that may begin, as
//! others end. The outcome is the same as when all run one after another: whoever changes things runs
//! alone, and whoever needs what earlier pages tell waits for them.

/// How a page gets on with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It runs behind all that come before, and before all that come behind: it changes things.
    Alone,
    /// It only reads, and needs what the pages before it have told.
    Informed,
    /// It only reads, and needs nothing of other pages but what they change.
    Beside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waits,
    Runs,
    Done,
}

/// The pages, and how far they are.
#[derive(Debug)]
pub(super) struct Turns(Vec<(Manner, State)>);

impl Turns {
    /// Nothing has begun.
    pub(super) fn new(manners: impl IntoIterator<Item = Manner>) -> Self {
        Self(manners.into_iter().map(|manner| (manner, State::Waits)).collect())
    }

    /// The next page to run and how, if one may; it has begun then.
    pub(super) fn begin(&mut self) -> Option<(usize, Manner)> {
        let (mut all_done, nothing_runs) = (true, !self.0.iter().any(|page| page.1 == State::Runs));
        for (index, (manner, state)) in self.0.iter_mut().enumerate() {
            let may_begin = match manner {
                Manner::Alone => all_done && nothing_runs,
                Manner::Informed => all_done,
                Manner::Beside => true,
            };
            if *state == State::Waits && may_begin {
                *state = State::Runs;
                return Some((index, *manner));
            }
            if *state != State::Done && *manner == Manner::Alone {
                return None;
            }
            all_done &= *state == State::Done;
        }
        None
    }

    /// The page has ended.
    pub(super) fn end(&mut self, index: usize) {
        self.0[index].1 = State::Done;
    }

    /// The page runs once more, alone.
    pub(super) fn again_alone(&mut self, index: usize) {
        self.0[index] = (Manner::Alone, State::Waits);
    }

    /// Whether all pages have ended.
    pub(super) fn are_over(&self) -> bool {
        self.0.iter().all(|page| page.1 == State::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::Manner::{Alone, Beside, Informed};
    use super::Turns;

    #[test]
    fn what_changes_things_runs_alone_and_in_order() {
        let mut turns = Turns::new([Beside, Beside, Alone, Alone, Beside]);
        assert_eq!(turns.begin(), Some((0, Beside)));
        assert_eq!(turns.begin(), Some((1, Beside)));
        assert_eq!(turns.begin(), None, "the change waits");
        turns.end(1);
        assert_eq!(turns.begin(), None);
        turns.end(0);
        assert_eq!(turns.begin(), Some((2, Alone)));
        assert_eq!(turns.begin(), None, "what is behind it waits");
        turns.end(2);
        assert_eq!(turns.begin(), Some((3, Alone)));
        turns.end(3);
        assert_eq!(turns.begin(), Some((4, Beside)));
        assert!(!turns.are_over());
        turns.end(4);
        assert!(turns.are_over());
    }

    #[test]
    fn what_needs_to_be_told_waits_and_holds_nobody_up() {
        let mut turns = Turns::new([Beside, Informed, Beside, Informed]);
        assert_eq!(turns.begin(), Some((0, Beside)));
        assert_eq!(turns.begin(), Some((2, Beside)), "it overtakes");
        assert_eq!(turns.begin(), None);
        turns.end(0);
        assert_eq!(turns.begin(), Some((1, Informed)));
        turns.end(2);
        assert_eq!(turns.begin(), None);
        turns.end(1);
        assert_eq!(turns.begin(), Some((3, Informed)));
    }

    #[test]
    fn what_runs_again_does_so_alone_and_before_later_changes() {
        let mut turns = Turns::new([Beside, Beside, Alone]);
        assert_eq!(turns.begin(), Some((0, Beside)));
        assert_eq!(turns.begin(), Some((1, Beside)));
        turns.again_alone(0);
        assert_eq!(turns.begin(), None);
        turns.end(1);
        assert_eq!(turns.begin(), Some((0, Alone)));
        turns.end(0);
        assert_eq!(turns.begin(), Some((2, Alone)));
    }
}
