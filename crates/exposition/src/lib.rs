//! Text 0.0.4 and OpenMetrics: parse and render.
