//! Files before and after, and what comes back.
