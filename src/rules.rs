//! Pure billing rules: money, periods, references. No I/O, no clock.
