//! Is the watched system healthy? Gathers evidence from targets, probes, alerts, collectors and
//! limits, has `health` judge it every few seconds, and answers at `/health` and as series.
//! What others know comes in through [`World`]; a loop without decisions.

mod answer;
mod checks;
mod forecasts;
mod gather;
mod homes;
mod limits;
mod remedy;
mod routes;
mod series;
mod settings;
mod watch;
mod words;
mod world;

pub use routes::{HEALTH_PATH, LATEST_PATH, PAGE_PATH, health_route, latest_route, page_route};
pub use settings::{Mistake, Settings};
pub use watch::{Asked, Vitals};
pub use words::plain;
pub use world::{FiringAlert, OwnPart, TargetState, World};
