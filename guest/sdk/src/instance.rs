//! The configured step of a component's instance, and what the four export macros share.

use std::cell::RefCell;
use std::rc::Rc;

/// Holds the step between `configure` and the calls after it.
#[derive(Debug)]
pub struct Instance<T>(RefCell<Option<Rc<T>>>);

impl<T> Instance<T> {
    /// Nothing configured yet.
    pub const fn new() -> Self {
        Instance(RefCell::new(None))
    }

    /// Keeps the configured step, in place of one before it.
    pub fn set(&self, step: T) {
        self.0.replace(Some(Rc::new(step)));
    }

    /// The configured step.
    ///
    /// # Panics
    ///
    /// When there is none: the host called a function before a successful `configure`. Any answer would be made up (no groups
    /// for anybody, say), so the call ends.
    #[allow(clippy::panic, reason = "the host broke the contract, and no answer would be true")]
    pub fn get(&self) -> Rc<T> {
        match &*self.0.borrow() {
            Some(step) => Rc::clone(step),
            None => panic!("the step was called before it was configured"),
        }
    }
}

impl<T> Default for Instance<T> {
    fn default() -> Self {
        Instance::new()
    }
}

/// What the export macros share: an instance to keep the step in, and a type of which the functions are exported.
///
/// In a native build it does nothing: the exports have names that no native linker takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_step {
    ($module:ident, $export:ident, $step:ty, { $($functions:tt)* }) => {
        $crate::__export_step!($module, $export, $step, { $($functions)* }, {});
    };
    ($module:ident, $export:ident, $step:ty, { $($functions:tt)* }, { $($more:tt)* }) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use ::std::option::Option;
            use ::std::result::Result;
            use ::std::string::String;
            use ::std::vec::Vec;

            use $crate::bindings::$module::exports::rollcall::sync::$module as contract;

            ::std::thread_local! {
                static STEP: $crate::instance::Instance<$step> = const { $crate::instance::Instance::new() };
            }

            struct Component;

            impl contract::Guest for Component {
                $($functions)*
            }

            $crate::bindings::$module::$export! { Component with_types_in $crate::bindings::$module }

            $($more)*
        };
    };
}
