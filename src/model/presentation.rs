//! How much of a diagram a page shows, and in which form.

/// How a page shows its diagram. By default as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presentation {
    /// Messages of a part at most; 0 for a diagram in one piece, none where it stays as people cut it.
    pub split: Option<usize>,
    /// Exchanges that one step stands for where they follow each other.
    pub steps: Vec<StepRule>,
    /// Whether one step stands for requests that are repeated.
    pub folds_polling: bool,
    /// Participants that are not shown.
    pub hide: Vec<String>,
    /// Whether ids in paths get names.
    pub names_ids: bool,
    /// Whether step numbers below a diagram lead to their sections.
    pub links_steps: bool,
}

/// Which exchanges of the same two participants one step stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRule {
    /// What the step says.
    pub name: String,
    /// Regular expression, searched in `METHOD path`: at least one of the requests fits it.
    pub needs: String,
    /// Regular expression that the other requests fit; where there is none, there are no others.
    pub with: Option<String>,
}
