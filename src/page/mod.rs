//! What a page contains and exactly where, in the dialect of MkDocs and PyMdown.
