//! Lines in the run's log: [`trace!`](crate::trace), [`debug!`](crate::debug), [`info!`](crate::info),
//! [`warn!`](crate::warn), [`error!`](crate::error) and [`critical!`](crate::critical), written like `println!`.
//!
//! Logging needs no grant. The host adds the tenant, run and step. Outside a component, in a unit test, the lines are kept for
//! [`testing::log_lines`](crate::testing::log_lines).

pub use crate::bindings::capabilities::wasi::logging::logging::Level;

/// Writes a line. The macros are shorter.
pub fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::capabilities::wasi::logging::logging::log(level, "", message);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::keep_log_line(level, message);
}

// rustfmt moves the inner macro to the right every time it is run.
#[rustfmt::skip]
macro_rules! level {
    ($d:tt $name:ident $level:ident $when:literal) => {
        #[doc = concat!("Writes a line of level `", stringify!($name), "` to the run's log: ", $when, ".")]
        ///
        /// ```
        #[doc = concat!("rollcall_sdk::", stringify!($name), "!(\"{} people\", 3);")]
        #[doc = "assert_eq!(rollcall_sdk::testing::log_lines().len(), 1);"]
        /// ```
        #[macro_export]
        macro_rules! $name {
            ($d($d argument:tt)*) => {
                $crate::log::write($crate::log::Level::$level, &::std::format!($d($d argument)*))
            };
        }
    };
}

level!($ trace Trace "what only the author of the step wants to see");
level!($ debug Debug "what helps to find a fault");
level!($ info Info "what an administrator may want to know");
level!($ warn Warn "something is not as it should be, and the step goes on");
level!($ error Error "something could not be done");
level!($ critical Critical "the step cannot go on");
