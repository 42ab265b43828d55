//! Clouds that commands run on: profiles, readiness, the embedded one.
