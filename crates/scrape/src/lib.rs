//! Fetches targets on their grid and appends what they expose.
