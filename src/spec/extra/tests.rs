//! Further tools of descriptions, honest and hostile.
